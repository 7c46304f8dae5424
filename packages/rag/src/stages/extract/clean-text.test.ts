/** The rules of cleaned text. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanText } from "./clean-text.ts";

test.each([
  ["a\u0000b", "ab"],
  ["a\tb\nc", "a\tb\nc"],
  ["a\r\nb\rc\fd\u2028e", "a\nb\nc\nd\ne"],
  ["a\u0007\u001b[1mb\u0090c", "a[1mbc"],
  ["a\ud800b\udc00c", "abc"],
  ["naïve 😀 ∑", "naïve 😀 ∑"],
  ["text \n\n", "text"],
])("%j becomes %j", (text, cleaned) => {
  expect(cleanText(text)).toBe(cleaned);
});

test("cleaned text is well formed, holds no control characters and stays as it is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.integer({ min: 0, max: 200 }),
      (text, cut) => {
        const cleaned = cleanText(text.slice(cut) + text.slice(0, cut));
        expect(cleaned).not.toMatch(/\p{Surrogate}/u);
        expect(cleaned).not.toMatch(/[^\P{Cc}\n\t]/u);
        expect(cleanText(cleaned)).toBe(cleaned);
      },
    ),
  );
});
