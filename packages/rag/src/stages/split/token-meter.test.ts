import fc from "fast-check";
import { countTokens as libraryCount } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, test } from "vitest";
import { EXACT_PIECE_UNITS } from "./piece-tokens.ts";
import { countTokens, TokenMeter } from "./token-meter.ts";

const exactly = (text: string): number => libraryCount(text, { disallowedSpecial: new Set() });

const fragment = fc.constantFrom(
  ..."aB1. -'\n\r\t_/é中文٣Ⅷ\u00a0\u3000\u2028\u0301\ud800\udc00\u212a".split(""),
  ..."'s|'Ll|'RE|'ſ|  |\r\n|😀|𝒜|𠀀|🏽|<|endoftext|>|hello| world|2026|::".split("|"),
  "<|endoftext|>",
);
const mixedText = fc.oneof(
  fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 60 }),
);

describe("token meter", () => {
  test("counts what gpt-tokenizer counts", () => {
    fc.assert(
      fc.property(mixedText, (text) => {
        fc.pre(text.length <= EXACT_PIECE_UNITS);
        expect(countTokens(text)).toBe(exactly(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["letters without a break", "a".repeat(EXACT_PIECE_UNITS + 1)],
    ["spaces", `x${" ".repeat(1000)}y`],
    ["ideographs without a break", "漢字".repeat(100)],
    ["emoji", "😀".repeat(200)],
  ])("never counts too little past the longest exact piece: %s", (_, text) => {
    expect(countTokens(text)).toBeGreaterThanOrEqual(exactly(text));
    expect(countTokens(text)).toBeLessThanOrEqual(Buffer.byteLength(text));
  });

  test("measuring on from an accepted end gives the count of the whole stretch", () => {
    fc.assert(
      fc.property(fc.array(mixedText, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.join("").trim();
        const meter = new TokenMeter(text);
        meter.open(0);
        for (const end of endsIn(text)) {
          expect(meter.measure(end, Number.POSITIVE_INFINITY)).toBe(countTokens(text.slice(0, end)));
          meter.accept();
        }
      }),
    );
  });

  test("stops early above the limit", () => {
    const meter = new TokenMeter("word ".repeat(1_000_000));
    meter.open(0);
    expect(meter.measure(5_000_000, 100)).toBe(101);
  });
});

/** Ends that neither follow white space nor cut a surrogate pair. */
function endsIn(text: string): number[] {
  const ends: number[] = [];
  let end = 0;
  for (const character of text) {
    end += character.length;
    if (character.trim() !== "") ends.push(end);
  }
  return ends;
}
