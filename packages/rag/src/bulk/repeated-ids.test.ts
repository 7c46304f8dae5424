import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findRepeats } from "./repeated-ids.ts";

/** A source of these ids that counts how often it is read. */
function source(ids: readonly (string | undefined)[]) {
  let reads = 0;
  const read = async function* () {
    reads += 1;
    for (const [index, id] of ids.entries()) yield { index, id };
  };
  return { read, reads: () => reads };
}

describe("repeated ids", () => {
  test("all but the last of each are superseded, whatever the source", async () => {
    const id = fc.option(fc.constantFrom("a", "b", "c", "é", "__proto__", ""), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(id, { maxLength: 40 }), async (ids) => {
        const expected = [...ids.keys()].filter(
          (at) => ids[at] !== undefined && ids.lastIndexOf(ids[at]) > at,
        );
        expect(await findRepeats(source(ids).read)).toEqual({ items: ids.length, superseded: expected });
      }),
    );
  });

  test("a source without any is read once, another one twice", async () => {
    const unique = source(Array.from({ length: 20_000 }, (_, index) => `item-${index}`));
    expect(await findRepeats(unique.read)).toEqual({ items: 20_000, superseded: [] });
    expect(unique.reads()).toBe(1);
    const repeated = source(["a", "b", "a"]);
    await findRepeats(repeated.read);
    expect(repeated.reads()).toBe(2);
  });

  test("too many of them are refused, with what to do", async () => {
    const many = source(Array.from({ length: 100_002 }, () => "same"));
    await expect(findRepeats(many.read)).rejects.toMatchObject({
      errorClass: "validation",
      reason: "too-many-repeats",
      message: expect.stringContaining("trust"),
    });
  });
});
