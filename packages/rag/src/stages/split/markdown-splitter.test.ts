import { MillraceError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import type { Passage, TextFormat } from "../../ports/splitter.ts";
import { markdownSplitter } from "./markdown-splitter.ts";
import type { MarkdownSplitterOptions } from "./split-options.ts";

const small: MarkdownSplitterOptions = { maxTokens: 64, targetTokens: 32, minTokens: 4 };
const sentence = "The quick brown fox jumps over the lazy dog near the old river bank.";

function split(texts: string | readonly string[], format: TextFormat, options = small): readonly Passage[] {
  const pages = [texts].flat().map((text, index) => ({ number: index + 1, text }));
  return [...markdownSplitter(options).split(pages, format)];
}

const textsOf = (passages: readonly Passage[]): readonly string[] => passages.map((passage) => passage.text);
const pathsOf = (passages: readonly Passage[]): readonly string[] =>
  passages.map((passage) => passage.headingPath.join(" > "));

describe("blocks", () => {
  test("a short page is one passage", () => {
    expect(split("\n  # Title\n\nSome words.\n", "markdown")).toEqual([
      {
        ordinal: 0,
        pageStart: 1,
        pageEnd: 1,
        start: 3,
        end: 23,
        text: "# Title\n\nSome words.",
        headingPath: ["Title"],
        tokens: 6,
      },
    ]);
  });

  test("white space alone gives no passage", () => {
    expect(split(["", " \n\t\r\n\u3000"], "pdf")).toEqual([]);
  });

  test("a section starts a passage, and its heading stays with it", () => {
    const page = `# One\n\n${sentence}\n\n## Two\n\n${sentence}`;
    expect(textsOf(split(page, "markdown"))).toEqual([`# One\n\n${sentence}`, `## Two\n\n${sentence}`]);
  });

  test("paragraphs stay whole while they fit", () => {
    const page = [sentence, sentence, sentence].join("\n\n");
    expect(textsOf(split(page, "text"))).toEqual([`${sentence}\n\n${sentence}`, sentence]);
  });

  test("fenced code stays whole, blank lines and # lines included", () => {
    const code = "```sh\n# not a heading\n\nmake all\nmake check\nmake install\n\nmake clean\n```";
    const passages = split(`# Build\n\n${sentence} ${sentence}\n\n${code}\n\nAfter.`, "markdown");
    expect(textsOf(passages)).toContain(`${code}\n\nAfter.`);
    expect(pathsOf(passages)).toEqual(["Build", "Build"]);
  });

  test("code that is too long is cut between lines", () => {
    const lines = Array.from({ length: 40 }, (_, index) => `call(${index});`);
    const passages = split(["```", ...lines, "```"].join("\n"), "markdown");
    expect(passages.length).toBeGreaterThan(2);
    expect(textsOf(passages).flatMap((text) => text.split("\n"))).toEqual(["```", ...lines, "```"]);
  });

  test("a fence is closed by at least as many of its own marks only", () => {
    const page = "````\n```\n~~~~\n# no heading\n````\n# Heading\n\nText.";
    expect(pathsOf(split(page, "markdown"))).toEqual([""]);
  });

  test("table rows stay whole", () => {
    const rows = Array.from({ length: 20 }, (_, index) => `| key ${index} | the value of key ${index} |`);
    const page = ["| key | value |", "|---|---|", ...rows].join("\n");
    const passages = split(page, "pdf");
    expect(passages.length).toBeGreaterThan(2);
    expect(textsOf(passages).flatMap((text) => text.split("\n"))).toEqual(page.split("\n"));
  });

  test("list items stay whole, with the lines that continue them", () => {
    const items = Array.from(
      { length: 9 },
      (_, index) => `${index + 1}. Step ${index} of the work\n   goes on here`,
    );
    for (const text of textsOf(split(items.join("\n"), "markdown"))) expect(text).toMatch(/^\d.*here$/s);
  });
});

describe("cutting what is too long", () => {
  test("a paragraph is cut between sentences", () => {
    const passages = split(Array(9).fill(sentence).join(" "), "text");
    for (const text of textsOf(passages)) expect(text).toMatch(/^The quick.*bank\.$/);
  });

  test("Chinese and Japanese are cut at full stops", () => {
    const passages = split("これは長い文章の一つの例です。".repeat(20), "text");
    for (const text of textsOf(passages)) expect(text).toMatch(/^これは.*。$/);
  });

  test("a sentence is cut at lines, then at words", () => {
    const lines = Array(8).fill("alpha beta gamma delta epsilon").join("\n");
    for (const text of textsOf(split(lines, "text"))) expect(text).toMatch(/^alpha.*epsilon$/s);
    for (const text of textsOf(split("alpha beta ".repeat(60), "text")))
      expect(text).toMatch(/^(alpha|beta)\b.*(alpha|beta)$/);
  });

  test.each([
    ["letters", "a".repeat(1_000_000)],
    ["base64", Buffer.from("millrace".repeat(90_000)).toString("base64")],
    ["emoji", "👩‍👩‍👧‍👦🏽".repeat(80_000)],
    ["undecodable bytes", Buffer.alloc(300_000, 0xfe).toString("utf8")],
  ])("a megabyte without white space is cut under the cap: %s", (_, text) => {
    const passages = split(text, "text", {});
    expect(textsOf(passages).join("")).toBe(text);
    expect(Math.max(...passages.map((passage) => passage.tokens))).toBeLessThanOrEqual(512);
  });

  test("a gap of white space too long to count is left between passages", () => {
    expect(textsOf(split(`left${" ".repeat(100_000)}right`, "text"))).toEqual(["left", "right"]);
  });
});

describe("small pieces", () => {
  test("a leftover joins the passage before it", () => {
    expect(textsOf(split([sentence, sentence, "End."].join("\n\n"), "text"))).toEqual([
      [sentence, sentence, "End."].join("\n\n"),
    ]);
  });

  test("nothing joins across pages", () => {
    expect(split([sentence, "End."], "pdf").map((passage) => [passage.pageStart, passage.text])).toEqual([
      [1, sentence],
      [2, "End."],
    ]);
  });
});

describe("heading path", () => {
  test("carries over from page to page, and a heading closes those at its level and below", () => {
    const pages = ["# Book\n\n## One\n\nText.", "More.", "## Two\n\nText.", "# Next\n\nText."];
    expect(pathsOf(split(pages, "pdf"))).toEqual(["Book > One", "Book > One", "Book > Two", "Next"]);
  });

  test("does not carry over to the next document", () => {
    const splitter = markdownSplitter(small);
    expect(pathsOf([...splitter.split([{ number: 1, text: "# A\n\nText." }], "pdf")])).toEqual(["A"]);
    expect(pathsOf([...splitter.split([{ number: 1, text: "Text." }], "pdf")])).toEqual([""]);
  });

  test("underlined headings count in Markdown files only", () => {
    const page = "Title\n=====\n\nPart\n---\n\nText.";
    expect(pathsOf(split(page, "markdown"))).toEqual(["Title > Part"]);
    expect(pathsOf(split(page, "pdf"))).toEqual([""]);
  });

  test("plain text has none", () => {
    expect(pathsOf(split("# Comment\n\nText.", "text"))).toEqual([""]);
  });

  test("titles lose their marks and are kept short", () => {
    expect(pathsOf(split("## **1.2 Setup** ##\n\nText.", "pdf"))).toEqual(["1.2 Setup"]);
    const [passage] = split(`# ${"😀".repeat(50)}`, "pdf", {});
    expect(passage?.headingPath).toEqual(["😀".repeat(50)]);
    const [long] = split(`# x${"😀".repeat(150)}`, "pdf", { maxTokens: 2000 });
    expect(long?.headingPath).toEqual([`x${"😀".repeat(99)}`]);
  });
});

describe("options", () => {
  test("are part of the version", () => {
    expect(markdownSplitter().version).toBe("markdown-1/cl100k_base/64-384-512");
    expect(markdownSplitter({ maxTokens: 128 }).version).toBe("markdown-1/cl100k_base/64-96-128");
  });

  test.each<[options: object, name: string]>([
    [{ maxToken: 3 }, "maxToken"],
    [{ maxTokens: 8 }, "maxTokens"],
    [{ maxTokens: Number.NaN }, "maxTokens"],
    [{ targetTokens: 600 }, "targetTokens"],
    [{ targetTokens: 100, minTokens: 101 }, "minTokens"],
  ])("that make no sense are refused by name: %j", (options, name) => {
    const refused = expect.objectContaining({ code: "bad-config", message: expect.stringContaining(name) });
    expect(() => markdownSplitter(options)).toThrow(MillraceError);
    expect(() => markdownSplitter(options)).toThrow(refused);
  });
});
