/** Word documents and web pages through the real children: their structure as Markdown, and what they may not do. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DocumentReason, ExtractedDocument, Extractor } from "../../ports/extractor.ts";
import { validateFile } from "../validate/validate-file.ts";
import { createExtractor } from "./document-extractor.ts";
import { item, minimalDocx, paragraph, table } from "./minimal-docx.fixture.ts";

const { signal } = new AbortController();
let folder = "";
let extractor: Extractor;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-office-"));
  extractor = createExtractor({ processes: 1 });
});
afterAll(async () => {
  await extractor.stop();
  rmSync(folder, { recursive: true });
});

/** As an ingest does it: by its bytes first. */
async function read(name: string, content: Uint8Array | string): Promise<ExtractedDocument> {
  const path = join(folder, name);
  writeFileSync(path, content);
  return extractor.extract(await validateFile(path, { signal }), { signal });
}

async function textOf(name: string, content: Uint8Array | string): Promise<string> {
  const { pages } = await read(name, content);
  expect(pages).toHaveLength(1);
  return pages[0]?.text ?? "";
}

async function refused(
  name: string,
  content: Uint8Array | string,
  failure: { readonly reason: DocumentReason; readonly why?: string },
): Promise<void> {
  await expect(read(name, content)).rejects.toMatchObject({
    name: "DocumentError",
    reason: failure.reason,
    message: expect.stringContaining(failure.why ?? join(folder, name)),
  });
}

describe("a DOCX", () => {
  test("comes out as Markdown with its headings, lists and tables", async () => {
    const content = await minimalDocx([
      paragraph("Mills of the valley", "Title"),
      paragraph("Water mills", "Heading1"),
      paragraph("A race leads water to the wheel. # is no heading, a_b c*d as they are."),
      item("overshot", 0),
      item("breastshot", 1),
      item("undershot", 0),
      paragraph("Figures", "Heading2"),
      table([
        ["mill", "stones"],
        ["Upper | old", "2"],
        ["Lower", "3"],
      ]),
    ]);
    expect(await textOf("mills.docx", content)).toBe(
      [
        "# Mills of the valley",
        "# Water mills",
        "A race leads water to the wheel. # is no heading, a_b c*d as they are.",
        "- overshot\n  - breastshot\n- undershot",
        "## Figures",
        "| mill | stones |\n|---|---|\n| Upper \\| old | 2 |\n| Lower | 3 |",
      ].join("\n\n"),
    );
  });

  test("says who read it, and how its text is marked up", async () => {
    const content = await minimalDocx([paragraph("words")]);
    expect(await read("words.docx", content)).toMatchObject({
      format: "docx",
      markup: "markdown",
      engine: "mammoth",
      engineVersion: "1.13.0",
    });
  });

  test("without words is empty, whatever pictures it has", async () => {
    const content = await minimalDocx([paragraph("  ")], { "word/media/a.png": new Uint8Array(100) });
    await refused("blank.docx", content, { reason: "empty" });
  });

  test("that inflates past the limit is too large, however small the file", async () => {
    const bomb = await minimalDocx([paragraph("x")], { "word/bomb.xml": new Uint8Array(68_000_000) });
    expect(bomb.length).toBeLessThan(200_000);
    await refused("bomb.docx", bomb, { reason: "too-large", why: "inflate to more than" });
  });

  test("whose pictures are a bomb is read without them", async () => {
    const bomb = await minimalDocx([paragraph("calm")], { "word/media/a.png": new Uint8Array(90_000_000) });
    expect(await textOf("picture.docx", bomb)).toBe("calm");
  });

  test("of too many entries is too large", async () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`word/media/${n}.bin`, ""]));
    await refused("many.docx", await minimalDocx([paragraph("x")], many), {
      reason: "too-large",
      why: "entries",
    });
  });

  test("that lies about a part's size is malformed", async () => {
    const content = await minimalDocx([paragraph("x".repeat(5_000))]);
    const name = Buffer.from("word/document.xml");
    const inDirectory = content.lastIndexOf(name) - 46; // a directory's entry has 46 bytes before the name
    expect(content.readUInt32LE(inDirectory)).toBe(0x02014b50);
    content.writeUInt32LE(10, inDirectory + 24);
    await refused("liar.docx", content, { reason: "malformed", why: "word/document.xml is broken" });
  });

  test("that declares entities is malformed: none is read, none is expanded", async () => {
    const trap = `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w>&x;</w>`;
    const content = await minimalDocx([paragraph("x")], { "word/styles.xml": trap });
    await refused("entities.docx", content, { reason: "malformed", why: "declares a document type" });
  });

  test("with a password is encrypted, in either way", async () => {
    const compound = Buffer.concat([
      Buffer.from("d0cf11e0a1b11ae1", "hex"),
      Buffer.alloc(1_024),
      Buffer.from("EncryptedPackage", "utf16le"),
    ]);
    await refused("locked.docx", compound, { reason: "encrypted", why: "password" });
    const flagged = await minimalDocx([paragraph("x")]);
    for (
      let at = flagged.indexOf("PK\u0001\u0002");
      at >= 0;
      at = flagged.indexOf("PK\u0001\u0002", at + 1)
    ) {
      flagged.writeUInt16LE(flagged.readUInt16LE(at + 8) | 1, at + 8);
    }
    await refused("flagged.docx", flagged, { reason: "encrypted" });
  });

  test("of Word 97 is unsupported", async () => {
    const old = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(1_024)]);
    await refused("old.docx", old, { reason: "unsupported", why: "save it as DOCX" });
  });

  test("that is no document of Word is malformed", async () => {
    await refused("words.docx", "just words", { reason: "malformed", why: "no ZIP" });
    const whole = await minimalDocx([paragraph("x")]);
    await refused("cut.docx", whole.subarray(0, whole.length / 2), { reason: "malformed", why: "ZIP" });
    await refused("broken.docx", await minimalDocx(["<w:p><w:r>"]), {
      reason: "malformed",
      why: "its XML is broken",
    });
    const deep = `${"<w:sdt><w:sdtContent>".repeat(20_000)}x${"</w:sdtContent></w:sdt>".repeat(20_000)}`;
    await refused("deep.docx", await minimalDocx([deep]), { reason: "malformed", why: "nested too deeply" });
    const sheet = await minimalDocx([], { "xl/workbook.xml": "<workbook/>" });
    const hidden = Buffer.from(
      sheet.toString("latin1").replaceAll("word/document.xml", "word/dokument.xml"),
      "latin1",
    );
    await refused("sheet.docx", hidden, { reason: "malformed", why: "without a Word document" });
  });
});

test("documents broken anywhere end read or failed by name, and cost no child", async () => {
  const whole = await minimalDocx([...Array(20).keys()].map((n) => paragraph(`paragraph ${n}`)));
  const page = Buffer.from(`<h1>Mills</h1><table><tr><td>${"<ul><li>x".repeat(30)}</table>`);
  let seed = 1;
  const below = (most: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
  const outcomes = new Set<string>();
  for (let trial = 0; trial < 60; trial += 1) {
    const broken = Buffer.from(trial % 2 === 0 ? whole : page);
    for (let flip = 0; flip < 8; flip += 1) broken[below(broken.length)] = below(256);
    const outcome = await read(`broken-${trial}.${trial % 2 === 0 ? "docx" : "html"}`, broken).catch(
      (error: { readonly reason: string }) => error.reason,
    );
    outcomes.add(typeof outcome === "string" ? outcome : "read");
  }
  expect(
    [...outcomes].filter(
      (each) => !["read", "malformed", "encrypted", "empty", "unsupported"].includes(each),
    ),
  ).toEqual([]);
  expect(outcomes).toContain("read");
  expect(outcomes).toContain("malformed");
});

describe("an HTML page", () => {
  test("comes out as Markdown without anything only a browser uses", async () => {
    const page = `<!doctype html><html><head><title>Mills</title><style>p{}</style>
      <script>document.write("<h1>run</h1>")</script></head><body>
      <h1>Water <em>mills</em></h1><p>See <a href="https://example.org/x?y=1">the list</a>.<!-- not this -->
      <img src="data:image/png;base64,AAAA" alt="a wheel"></p>
      <ol start="3"><li>one</li><li> <svg></svg></li><li><p>two</p><p>more</p></li></ol>
      <p hidden>no</p><div style="x:y; DISPLAY: none">no</div><nav>menu</nav>
      <table><caption>Stones</caption><thead><tr><th>mill</th><th>number</th></tr></thead>
      <tbody><tr><td>Upper</td><td>2</td></tr><tr><td colspan="2">none</td></tr></tbody></table>
      <pre><code class="language-sh"># grind
npm start</code></pre><p># no heading</p></body></html>`;
    expect(await textOf("mills.html", page)).toBe(
      [
        "# Water *mills*",
        "See the list. a wheel",
        "3. one\n4. two\n\n   more",
        "Stones",
        "| mill | number |\n|---|---|\n| Upper | 2 |\n| none |  |",
        "```sh\n# grind\nnpm start\n```",
        "\\# no heading",
      ].join("\n\n"),
    );
  });

  test("without a heading of the first level has its title for one", async () => {
    const page = "<title>The\n title</title><h2>Part</h2><p>words";
    expect(await textOf("titled.htm", page)).toBe("# The title\n\n## Part\n\nwords");
  });

  test("laid out by a table is no table, but one in it is", async () => {
    const page = `<table><tr><td><h1>Menu</h1></td><td><p>first</p><p>second</p>
      <table><tr><td>a</td><td>b</td></tr></table></td></tr></table>`;
    expect(await textOf("layout.html", page)).toBe("# Menu\n\nfirst\n\nsecond\n\n| a | b |\n|---|---|");
  });

  test.each([
    ["a declaration", Buffer.from('<meta charset="windows-1252"><p>na\u00efve \u0080', "latin1"), "naïve €"],
    [
      "the longer declaration",
      Buffer.from(
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>\u00ed\u00c9\u00d2',
        "latin1",
      ),
      "Мир",
    ],
    ["a byte order mark against its declaration", "\ufeff<meta charset=koi8-r><p>naïve", "naïve"],
    ["UTF-16 with a mark", Buffer.from("\ufeff<p>naïve</p>", "utf16le"), "naïve"],
    ["an unknown declaration", '<meta charset="klingon"><p>naïve', "naïve"],
    ["no declaration", Buffer.from("<p>na\u00efve", "latin1"), "naïve"],
    ["its bytes against UTF-8", Buffer.from('<meta charset="utf-8"><p>na\u00efve', "latin1"), "naïve"],
    ["its bytes against Latin-1", '<meta charset="iso-8859-1"><p>naïve', "naïve"],
    ["UTF-16 declared in ASCII", '<meta charset="utf-16"><p>naïve', "naïve"],
    [
      "an XML declaration",
      Buffer.from('<?xml version="1.0" encoding="iso-8859-2"?><p>\u00b1', "latin1"),
      "ą",
    ],
  ])("is decoded by %s", async (_rule, content, text) => {
    expect(await textOf("page.html", content)).toBe(text);
  });

  test("without words is empty; nested without end it is malformed; of binary data it is unsupported", async () => {
    await refused("blank.html", "<p> &nbsp; </p><script>1</script>", { reason: "empty" });
    await refused("frames.html", "<frameset><frame src=a.html></frameset>", { reason: "empty" });
    await refused("deep.html", `${"<div>".repeat(6_000)}x`, {
      reason: "malformed",
      why: "nested too deeply",
    });
    await refused("binary.html", Buffer.alloc(1_000, 1), { reason: "unsupported" });
  });

  test("over the limit is too large", async () => {
    const small = createExtractor({ processes: 1, limits: { htmlBytes: 10 } });
    const path = join(folder, "large.html");
    writeFileSync(path, "<p>more than ten bytes");
    const file = await validateFile(path, { signal });
    await expect(small.extract(file, { signal })).rejects.toMatchObject({ reason: "too-large" });
    await small.stop();
  });

  test("may hold control characters by name; its text does not", async () => {
    expect(await textOf("controls.html", "<p>a&#1;b&#0;c\u0001d&#x9b;</p>")).not.toMatch(/[^\P{Cc}\n\t]/u);
  });
});
