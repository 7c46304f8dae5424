import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, test } from "vitest";
import type { PageText, Passage, TextFormat } from "../../ports/splitter.ts";
import { markdownSplitter } from "./markdown-splitter.ts";

const line = fc.oneof(
  fc.constantFrom(
    "# Title",
    "## **Part** ##",
    "###### Deep",
    "Heading",
    "===",
    "---",
    "```",
    "~~~~ js",
    "    code",
  ),
  fc.constantFrom(
    "",
    " ",
    "\t",
    "| a | b |",
    "|---|---|",
    "- item",
    "12. item",
    "> quote",
    "\u00a0",
    "\u3000",
  ),
  fc.lorem({ maxCount: 30 }),
  fc.lorem({ maxCount: 5, mode: "sentences" }),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc
    .constantFrom("漢字かな交じり文。", "👩‍👩‍👧‍👦🏽", "\ud800", "\udc00\ud800", "a", " ", "﻿", "x".repeat(50))
    .chain((unit) => fc.nat(80).map((times) => unit.repeat(times))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("utf8")),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString("base64")),
);
const page = fc
  .array(line, { maxLength: 40 })
  .chain((lines) => fc.constantFrom("\n", "\n\n", "\r\n", " ").map((by) => lines.join(by)));
const pages = fc
  .array(page, { maxLength: 4 })
  .map((texts) => texts.map((text, index): PageText => ({ number: index + 1, text })));
const format = fc.constantFrom<TextFormat>("pdf", "markdown", "text");
const sizes = fc
  .tuple(
    fc.integer({ min: 64, max: 300 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([maxTokens, target, least]) => {
    const targetTokens = Math.max(1, Math.floor(maxTokens * target));
    return { maxTokens, targetTokens, minTokens: Math.floor(targetTokens * least) };
  });

describe("markdown splitter, on any text", () => {
  check("offsets are exact and passages are trimmed", (input, passages) => {
    for (const passage of passages) {
      expect(textOf(input.pages, passage).slice(passage.start, passage.end)).toBe(passage.text);
      expect(passage.text).not.toBe("");
      expect(passage.text).toBe(passage.text.trim());
      expect(passage.pageStart).toBe(passage.pageEnd);
    }
  });

  check("every character but white space is in exactly one passage, in order", (input, passages) => {
    for (const { number, text } of input.pages) {
      const own = passages.filter((passage) => passage.pageStart === number);
      let at = 0;
      for (const passage of own) {
        expect(passage.start).toBeGreaterThanOrEqual(at);
        expect(text.slice(at, passage.start).trim()).toBe("");
        at = passage.end;
      }
      expect(text.slice(at).trim()).toBe("");
    }
    expect(passages.map((passage) => passage.ordinal)).toEqual(passages.map((_, index) => index));
  });

  check("no passage has more tokens than the cap, nor more than it says", (input, passages) => {
    for (const passage of passages) {
      const real = countTokens(passage.text, { disallowedSpecial: new Set() });
      expect(real).toBeLessThanOrEqual(passage.tokens);
      expect(passage.tokens).toBeLessThanOrEqual(input.sizes.maxTokens);
      expect(passage.tokens).toBeGreaterThan(0);
    }
  });

  check("no surrogate pair is cut", (input, passages) => {
    for (const passage of passages) {
      const text = textOf(input.pages, passage);
      expect(isInsidePair(text, passage.start)).toBe(false);
      expect(isInsidePair(text, passage.end)).toBe(false);
    }
  });

  check(
    "a heading path has at most six titles, none empty or long, and none in plain text",
    (input, passages) => {
      for (const passage of passages) {
        expect(passage.headingPath.length).toBeLessThanOrEqual(input.format === "text" ? 0 : 6);
        for (const title of passage.headingPath) {
          expect(title).toBe(title.trim());
          expect(title.length).toBeGreaterThan(0);
          expect(title.length).toBeLessThanOrEqual(200);
        }
      }
    },
  );

  check("splitting again gives the same passages", (input, passages) => {
    expect([...markdownSplitter(input.sizes).split(input.pages, input.format)]).toEqual(passages);
  });
});

interface Input {
  readonly pages: readonly PageText[];
  readonly format: TextFormat;
  readonly sizes: { readonly maxTokens: number; readonly targetTokens: number; readonly minTokens: number };
}

function check(rule: string, verify: (input: Input, passages: readonly Passage[]) => void): void {
  test(rule, () => {
    fc.assert(
      fc.property(fc.record({ pages, format, sizes }), (input) => {
        verify(input, [...markdownSplitter(input.sizes).split(input.pages, input.format)]);
      }),
      { numRuns: 300 },
    );
  });
}

function textOf(all: readonly PageText[], passage: Passage): string {
  return all.find((candidate) => candidate.number === passage.pageStart)?.text ?? "";
}

function isInsidePair(text: string, index: number): boolean {
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(index - 1, index + 1));
}
