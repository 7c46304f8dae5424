/** Makes the documents of the example: small sound PDFs, one HTML page, one Markdown file, and a PDF that is none. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Topics that questions are asked about; every PDF is about one of them. */
export const TOPICS = ["wheels", "channels", "millstones", "flour", "weirs"] as const;

/** Writes `count` PDFs, and what else there is, into a folder. */
export async function writeSamples(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < count; n += 1) await writeFile(join(folder, pdfName(n)), pdf(pagesOf(n)));
  await writeFile(
    join(folder, "about.html"),
    "<html><body><h1>Tides</h1><p>Tide mills work twice a day.</p></body></html>",
  );
  await writeFile(join(folder, "notes.md"), "# Wind\n\nWhere there is no river, the wind turns the sails.\n");
  await writeFile(join(folder, "broken.pdf"), "this is no PDF at all");
}

/** Name of the PDF with this number. */
export function pdfName(n: number): string {
  return `document-${String(n).padStart(3, "0")}.pdf`;
}

/** Another text in the place of a PDF's. */
export async function rewrite(folder: string, n: number, text: string): Promise<void> {
  await writeFile(join(folder, pdfName(n)), pdf([text]));
}

function pagesOf(n: number): readonly string[] {
  const topic = TOPICS[n % TOPICS.length] ?? "";
  return [1, 2, 3].map((page) => `Document ${n}, page ${page}: all about ${topic} in mills of the valley.`);
}

/** A PDF 1.4 file with a line of Helvetica on each page. */
function pdf(pages: readonly string[]): Buffer {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...pages.flatMap((text, index) => {
      const content = `BT /F1 12 Tf 72 700 Td (${text}) Tj ET`;
      const resources = "/Resources << /Font << /F1 3 0 R >> >>";
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${resources} /Contents ${5 + index * 2} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const start = body.length;
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}`;
  body += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(body, "latin1");
}
