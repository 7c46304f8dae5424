import fc from "fast-check";
import { expect, test } from "vitest";
import { joinTexts, splitTexts } from "./joined-texts.ts";

test("texts come back as they were, whatever is in them", () => {
  const text = fc.string({ unit: fc.constantFrom("\x1e", "\x1b", "E", "R", "é", "😀") });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (texts) => {
      expect(splitTexts(joinTexts(texts))).toEqual(texts);
    }),
  );
});
