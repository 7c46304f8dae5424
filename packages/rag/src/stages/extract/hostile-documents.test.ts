/** Documents made to wear a parser out: each ends, in a bounded time, read right or failed by name. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Extractor } from "../../ports/extractor.ts";
import { validateFile } from "../validate/validate-file.ts";
import { createExtractor } from "./document-extractor.ts";
import { minimalDocx, paragraph } from "./minimal-docx.fixture.ts";

const { signal } = new AbortController();
let folder = "";
let extractor: Extractor;
let hasty: Extractor;
/** For what takes a parser seconds on a quiet machine, and is told of by what it is. */
let patient: Extractor;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-hostile-"));
  extractor = createExtractor({ processes: 1 });
  hasty = createExtractor({ processes: 1, limits: { htmlMsPerMebibyte: 1_000, windowMs: 2_000 } });
  patient = createExtractor({ processes: 1, limits: { htmlMsPerMebibyte: 600_000, windowMs: 600_000 } });
});
afterAll(async () => {
  await Promise.all([extractor, hasty, patient].map((each) => each.stop()));
  rmSync(folder, { recursive: true });
});

async function read(name: string, content: Uint8Array | string, by = extractor): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const { pages } = await by.extract(await validateFile(path, { signal }), { signal });
  return pages.map(({ text }) => text).join();
}

function attributes(count: number, gap = " "): string {
  return [...Array(count).keys()].map((n) => `a${n}="${n}"`).join(gap);
}

describe("an HTML page", () => {
  test.each([
    ["values in quotes", `<p ${attributes(100_000)}>x`],
    ["names alone", `<p ${[...Array(100_000).keys()].map((n) => `a${n}`).join("\n")}>x`],
    ["slashes between them", `<p/${attributes(100_000, "/")}>x`],
    ["tags as their values", `<p ${[...Array(2_000).keys()].map((n) => `a${n}="<p>"`).join(" ")}>x`],
    ["quotes in their names", `<p ${[...Array(2_000).keys()].map((n) => `a"${n}`).join(" ")}>x`],
    ["no end of the tag", `<p ${attributes(2_000)}`],
    ["a comment before them", `<!-- <p a="> --><p ${attributes(2_000)}>x`],
    ["a script before them", `<script>a<b="</script ><p ${attributes(2_000)}>x`],
    ["a tag of a script", `<script ${attributes(2_000)}></script>x`],
  ])("whose tag has too many attributes is too large: %s", async (_how, page) => {
    await expect(read("attributes.html", page)).rejects.toMatchObject({
      reason: "too-large",
      message: expect.stringContaining("has more than 1000 attributes"),
    });
  });

  test.each([
    ["a thousand attributes", `<p ${attributes(1_000)}>x`],
    ["a script that compares", `<script>if (a<b ${"c ".repeat(2_000)}) d()</script>x`],
    ["a tag in a comment", `<!-- <p ${"c ".repeat(2_000)} -->x`],
    ["a tag in a text area", `<textarea><p ${"c ".repeat(2_000)}</textarea>x`],
    ["a comment that never ends", `x<!-- ${"<!-- <p ".repeat(500_000)}`],
    ["a value that never ends", `x<p a='${"<p a=b ".repeat(500_000)}`],
    ["half a million ends that are none", `x<script>${"</scrip".repeat(500_000)}</script>`],
    ["an attribute again and again", `<p ${"a=1 ".repeat(900)}>x`],
  ])("with %s is read", async (_how, page) => {
    expect(await read("sound.html", page)).toBe("x");
  });

  test("of a million entities is read", async () => {
    expect(await read("entities.html", "a&amp;".repeat(1_000_000))).toBe("a&".repeat(1_000_000));
  });

  test("of one text of 8 MiB is read, of 50 MB it is too large", async () => {
    const words = "word ".repeat(1_670_000);
    expect(await read("text.html", words)).toBe(words.trimEnd());
    await expect(read("large.html", "word ".repeat(10_000_000))).rejects.toMatchObject({
      reason: "too-large",
    });
  });

  test.each([
    ["200,000 elements deep", "<div>".repeat(200_000)],
    ["quotations in quotations", `${"<blockquote>".repeat(1_000)}${"x\n<br>".repeat(50_000)}`],
    ["lines without end", `<pre>x${"\n".repeat(1_000_000)}y</pre>`],
  ])(
    "that takes far longer than others of its size is a timeout, and costs no other: %s",
    async (_how, page) => {
      await expect(read("slow.html", page, hasty)).rejects.toMatchObject({
        reason: "timeout",
        message: expect.stringContaining("no answer within 1.0 s"),
      });
      // Its second is also for loading the parser: on a busy machine that may take longer.
      await expect.poll(() => read("next.html", "<p>next", hasty).catch(String)).toBe("next");
    },
  );

  test("of tables in tables without end is malformed", async () => {
    await expect(read("tables.html", "<table><tr><td>".repeat(2_000), patient)).rejects.toMatchObject({
      reason: "malformed",
      message: expect.stringContaining("nested too deeply"),
    });
  });
});

describe("a DOCX", () => {
  test("of a hundred small bombs is too large before most of them are inflated", async () => {
    const bombs = [...Array(100).keys()].map((n) => [`word/${n}.xml`, new Uint8Array(1_000_000)]);
    const content = await minimalDocx([paragraph("x")], Object.fromEntries(bombs));
    await expect(read("bombs.docx", content)).rejects.toMatchObject({ reason: "too-large" });
  });

  test("of a million paragraphs is a timeout, or takes more memory than a parser may", async () => {
    const content = await minimalDocx(Array(1_000_000).fill("<w:p><w:r><w:t>x</w:t></w:r></w:p>"));
    await expect(read("paragraphs.docx", content, hasty)).rejects.toMatchObject({
      reason: expect.stringMatching(/^(?:timeout|parser-crash)$/),
    });
  });
});
