/** The real engines on real PDFs, handmade so that every page's text is known. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DocumentType, kindOf } from "../../ports/document-type.ts";
import type { DocumentFile, DocumentFormat, Extractor } from "../../ports/extractor.ts";
import { ENGINE_VERSIONS, PDF_ENGINES } from "../types/engine-versions.ts";
import { validateFile } from "../validate/validate-file.ts";
import { createExtractor, type ExtractorOptions } from "./document-extractor.ts";
import { minimalPdf } from "./minimal-pdf.fixture.ts";

const WORDS = ["alder", "birch", "cedar", "damson", "elder", "fir", "gorse"];
const { signal } = new AbortController();

let folder = "";
let extractor: Extractor;
const opened: Extractor[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-extract-"));
  extractor = open({ windowPages: 2 });
});

afterAll(async () => {
  await Promise.all(opened.map((each) => each.stop()));
  rmSync(folder, { recursive: true });
});

describe("a PDF", () => {
  test("comes back page by page over several windows", async () => {
    let reported = 0;
    const onPages = (delta: number) => {
      reported += delta;
    };
    const document = await extractor.extract(trees("trees.pdf"), { signal, onPages });
    expect(document).toMatchObject({ engine: "liteparse", format: "pdf", fallbacks: [] });
    expect(document.pages.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const [index, page] of document.pages.entries()) expect(page.text).toContain(WORDS[index]);
    expect(reported).toBe(7);
  });

  test.each(Object.keys(PDF_ENGINES))("can be read by %s alone", async (engine) => {
    const document = await open({ engines: [engine], windowPages: 3 }).extract(trees(`${engine}.pdf`), {
      signal,
    });
    expect(document.engine).toBe(engine);
    for (const [index, page] of document.pages.entries()) expect(page.text).toContain(WORDS[index]);
  });

  test("reads the same whatever the order in which its windows finish", async () => {
    const file = trees("again.pdf");
    const [first, second] = await Promise.all(
      [file, file].map((each) => extractor.extract(each, { signal })),
    );
    expect(first?.pages).toEqual(second?.pages);
  });

  test("keeps a page without text as an empty page", async () => {
    const pages = ["first page here", "", "last page here"];
    const document = await extractor.extract(pdf("gap.pdf", minimalPdf({ pages })), { signal });
    expect(document.pages.map(({ text }) => text === "")).toEqual([false, true, false]);
  });

  test.each([90, 270])("shown turned by %s degrees is read to the ends of its lines", async (turn) => {
    // Upright once it is turned: the line ends where a page that is not would have ended before.
    const matrix = turn === 90 ? "0 1 -1 0 612 0" : "0 -1 1 0 0 792";
    const cells = [20, 240, 460, 680].map((x, at) => `BT /F1 12 Tf ${x} 500 Td (column-${at}) Tj ET`);
    const file = pdf(
      `turned-${turn}.pdf`,
      minimalPdf({ pages: [{ content: `${matrix} cm ${cells.join(" ")}`, turn }] }),
    );
    const [page] = (await extractor.extract(file, { signal })).pages;
    for (const at of [0, 1, 2, 3]) expect(page?.text).toContain(`column-${at}`);
  });

  test("keeps text that stands on its side beside text that does not", async () => {
    const content =
      "BT /F1 12 Tf 72 700 Td (An upright heading) Tj ET BT /F1 12 Tf 0 1 -1 0 300 100 Tm (Words on their side) Tj ET";
    const { pages } = await extractor.extract(pdf("sideways.pdf", minimalPdf({ pages: [{ content }] })), {
      signal,
    });
    expect(pages[0]?.text).toBe("An upright heading\n\nWords on their side");
  });

  test.each(["report", "report.txt", "report.docx"])(
    "is read by the first engine also as %s",
    async (name) => {
      const document = await extractor.extract(pdf(name, minimalPdf({ pages: ["words of it"] })), { signal });
      expect(document).toMatchObject({ engine: "liteparse", fallbacks: [] });
      await expect(
        extractor.countPages(pdf(name, minimalPdf({ pages: ["a", "b"] })), { signal }),
      ).resolves.toBe(2);
    },
  );

  test("with text on no page needs OCR", async () => {
    await expectReason(pdf("blank.pdf", minimalPdf({ pages: ["", "", ""] })), "needs-ocr");
  });

  test("that asks for a password is encrypted", async () => {
    await expectReason(pdf("locked.pdf", minimalPdf({ pages: WORDS, locked: true })), "encrypted");
  });

  test("that holds nothing after its first line is malformed", async () => {
    await expectReason(pdf("header.pdf", Buffer.from("%PDF-1.4\n")), "malformed");
  });

  test("cut short in the middle ends in a named state", async () => {
    const whole = minimalPdf({ pages: WORDS });
    const file = pdf("cut.pdf", whole.subarray(0, whole.length / 2));
    const outcome = await extractor.extract(file, { signal }).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ name: "DocumentError", reason: "malformed" });
  });

  test("that is not there is unreadable", async () => {
    await expectReason({ path: join(folder, "nowhere.pdf"), bytes: 1, format: "pdf" }, "unreadable");
  });

  test("tells its number of pages without being read", async () => {
    expect(await extractor.countPages(trees("count.pdf"), { signal })).toBe(7);
    const broken = pdf("broken.pdf", Buffer.from("%PDF-1.4\n"));
    expect(await extractor.countPages(broken, { signal })).toBeUndefined();
  });
});

describe("a text file", () => {
  test.each(["text", "markdown"] as const)("is one page read by the %s engine", async (format) => {
    const file = write(`note.${format}`, Buffer.from("\uFEFF# Title\r\n\r\nBody\u0000 text\r\n"), format);
    expect(await extractor.extract(file, { signal })).toMatchObject({
      pages: [{ number: 1, text: "# Title\n\nBody text" }],
      engine: format,
      format,
    });
    expect(await extractor.countPages(file, { signal })).toBe(1);
  });

  test("without a visible character is empty", async () => {
    await expectReason(write("blank.txt", Buffer.from(" \n\t\n"), "text"), "empty");
  });

  test("larger than its limit is too large, and is not read", async () => {
    const small = open({ limits: { textBytes: 10 } });
    const file = write("long.txt", Buffer.from("more than ten bytes"), "text");
    await expect(small.extract(file, { signal })).rejects.toMatchObject({ reason: "too-large" });
  });
});

test("the version names the exact engine releases the package depends on", () => {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  expect(ENGINE_VERSIONS).toEqual({
    liteparse: dependencies["@llamaindex/liteparse"],
    mammoth: dependencies["mammoth"],
    pdfium: dependencies["@hyzyla/pdfium"],
    turndown: dependencies["turndown"],
    unpdf: dependencies["unpdf"],
  });
  expect(versionOf(extractor, "pdf")).toContain(`liteparse@${PDF_ENGINES["liteparse"]}`);
  expect(versionOf(extractor, "docx")).toContain(`mammoth@${ENGINE_VERSIONS["mammoth"]}`);
});

test("the version changes with everything that changes text", () => {
  const versions = [{}, { windowPages: 8 }, { engines: ["unpdf"] }].map((options) =>
    versionOf(open(options), "pdf"),
  );
  expect(new Set(versions).size).toBe(3);
});

test.each([{ processes: 0 }, { processes: 1.5 }, { windowPages: -1 }])(
  "options %o are refused",
  (options) => {
    expect(() => createExtractor(options)).toThrow(`not ${Object.values(options)[0]}`);
  },
);

const MAIL: DocumentType = {
  format: "eml",
  extensions: [".eml"],
  version: "1",
  magic: { refuse: () => undefined },
  extract: () => Promise.reject(new Error("not asked")),
};

test.each([
  [{ format: "E mail" }, '"E mail" is refused: its format must be a name'],
  [{ extensions: ["eml"] }, '"eml" must be an extension in lower case'],
  [{ extensions: [".EML"] }, '".EML" must be an extension in lower case'],
  [{ version: "" }, "it must have a version"],
  [{ magic: undefined }, "its magic must have a refuse function"],
  [{ extract: undefined }, "it must have an extract function"],
])("a type with %o is refused by name", (wrong, message) => {
  const type = { ...MAIL, ...wrong } as DocumentType; // as programs without types might give it
  expect(() => createExtractor({ documentTypes: [type] })).toThrow(message);
});

test("a type for an extension or a format of a built-in one takes its place, in bytes and in reading", async () => {
  const own = open({ documentTypes: [{ ...MAIL, format: "scan", extensions: [".pdf"] }] });
  const path = pdf("scanned.pdf", minimalPdf({ pages: WORDS })).path;
  expect(await validateFile(path, { signal, kinds: own.documentTypes })).toMatchObject({ format: "scan" });
  const text = open({ documentTypes: [{ ...MAIL, format: "text" }] });
  const file = write("own.txt", Buffer.from("words"), "text");
  await expect(text.extract(file, { signal })).rejects.toThrow("not asked");
  expect(await text.countPages(file, { signal })).toBe(1);
});

test("a format without a type is refused", async () => {
  const file = write("odd.xyz", Buffer.from("words"), "xyz");
  await expect(extractor.extract(file, { signal })).rejects.toMatchObject({ code: "unsupported" });
});

function versionOf({ documentTypes }: Extractor, format: string): string | undefined {
  return kindOf(documentTypes, format)?.version;
}

function open(options: ExtractorOptions): Extractor {
  const created = createExtractor(options);
  opened.push(created);
  return created;
}

async function expectReason(file: DocumentFile, reason: string): Promise<void> {
  const failure = { name: "DocumentError", reason, message: expect.stringContaining(file.path) };
  await expect(extractor.extract(file, { signal })).rejects.toMatchObject(failure);
}

function trees(name: string): DocumentFile {
  return pdf(name, minimalPdf({ pages: WORDS.map((word) => `A page about the ${word} tree`) }));
}

function pdf(name: string, content: Buffer): DocumentFile {
  return write(name, content, "pdf");
}

function write(name: string, content: Buffer, format: DocumentFormat): DocumentFile {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, bytes: content.length, format };
}
