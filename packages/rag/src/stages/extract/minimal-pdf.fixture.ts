/** Writes small PDFs by hand, byte for byte the same every time. */

/** What a handmade PDF holds. */
export interface MinimalPdf {
  /**
   * Each page: its text, about 60 characters a line and 34 lines at most, where an empty one makes a page without text; or
   * its drawing, on a page that is shown turned.
   */
  readonly pages: readonly (string | { readonly content: string; readonly turn?: number })[];
  /** Ask for a password that is not the empty one. */
  readonly locked?: boolean;
  /** Bytes that no page uses, to make the file heavy. */
  readonly ballast?: number;
}

/** A PDF 1.4 file with the pages' lines in Helvetica. */
export function minimalPdf({ pages, locked = false, ballast = 0 }: MinimalPdf): Buffer {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ...pages.flatMap((text, index) => pageObjects(text, index)),
  ];
  if (ballast > 0) objects.push(`<< /Length ${ballast} >>\nstream\n${" ".repeat(ballast)}\nendstream`);
  if (locked) objects.push(lockObject());
  return assemble(objects, locked);
}

function pageObjects(page: MinimalPdf["pages"][number], index: number): string[] {
  const { content, turn = 0 } = typeof page === "string" ? { content: drawn(page) } : page;
  return [
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate ${turn} /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
}

function drawn(text: string): string {
  const lines = text.replace(/[()\\]/g, "\\$&").replaceAll("\n", ") Tj 0 -20 Td (");
  return text === "" ? "" : `BT /F1 18 Tf 72 700 Td (${lines}) Tj ET`;
}

/** The hashes match no password at all. */
function lockObject(): string {
  return `<< /Filter /Standard /V 1 /R 2 /O <${"41".repeat(32)}> /U <${"42".repeat(32)}> /P -4 >>`;
}

function assemble(objects: readonly string[], locked: boolean): Buffer {
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const size = objects.length + 1;
  const lock = locked
    ? ` /Encrypt ${objects.length} 0 R /ID [<${"43".repeat(16)}> <${"43".repeat(16)}>]`
    : "";
  const start = body.length;
  body += `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join("")}`;
  body += `trailer\n<< /Size ${size} /Root 1 0 R${lock} >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(body, "latin1");
}
