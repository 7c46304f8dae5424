/** Reading arrays and sequences from any cursor on. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrayReader, iterableReader } from "./array-reader.ts";
import { readAll, readingFrom } from "./reading.fixture.ts";

const items = fc.array(fc.jsonValue(), { maxLength: 10 });

test("an array is read from any cursor on, given as it is or by a function", async () => {
  await fc.assert(
    fc.asyncProperty(items, async (all) => {
      const seen = await readAll(arrayReader(all));
      expect(seen.map(({ item }) => item)).toEqual(all);
      expect(new Set(seen.map(({ key }) => key)).size).toBe(all.length);
      for (const [index, { cursor }] of seen.entries()) {
        const reader = arrayReader(async () => all);
        expect(await readAll(reader, readingFrom(cursor))).toEqual(seen.slice(index + 1));
      }
    }),
  );
});

test("a sequence is read again and passes over what was read, by number or by its own cursor", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.string({ minLength: 1 })), fc.boolean(), async (all, isOwn) => {
      let opened = 0;
      const open = async function* () {
        opened += 1;
        yield* all;
      };
      const reader = iterableReader(open, isOwn ? { cursor: (item) => `at ${item}` } : {});
      const seen = await readAll(reader);
      expect(seen.map(({ item }) => item)).toEqual(all);
      for (const [index, { cursor }] of seen.entries()) {
        expect(await readAll(reader, readingFrom(cursor))).toEqual(seen.slice(index + 1));
      }
      expect(opened).toBe(all.length + 1);
    }),
  );
});

describe("a sequence", () => {
  test("that no longer has the item to go on behind is an error, and not the end", async () => {
    const reader = iterableReader(() => ["a", "c"], { cursor: (item) => item });
    expect(await readAll(reader, readingFrom("a"))).toMatchObject([{ item: "c" }]);
    await expect(readAll(reader, readingFrom("b"))).rejects.toMatchObject({ reason: "changed" });
    await expect(
      readAll(
        iterableReader(() => ["a"]),
        readingFrom("2"),
      ),
    ).rejects.toMatchObject({ reason: "changed" });
  });

  test("may go on forever, and is told when reading stops", async () => {
    let isClosed = false;
    const reader = iterableReader(function* () {
      try {
        for (let number = 0; ; number += 1) yield number;
      } finally {
        isClosed = true;
      }
    });
    for await (const given of reader.read(readingFrom("5"))) {
      expect(given).toMatchObject({ item: 5 });
      break;
    }
    expect(isClosed).toBe(true);
  });
});

test("keys are what the caller says, where every store can keep them", async () => {
  expect(await readAll(arrayReader(["a", "b"], { key: (item, index) => `${index}${item}` }))).toMatchObject([
    { key: "0a" },
    { key: "1b" },
  ]);
  for (const key of ["", "\0", "\ud800", "x".repeat(1_025), 7 as never]) {
    await expect(readAll(arrayReader([1], { key: () => key }))).rejects.toMatchObject({ reason: "bad-key" });
  }
});

test("what is no source, no cursor or no option is refused", async () => {
  expect(() => arrayReader("abc" as never)).toThrow("arrayReader.items");
  expect(() => iterableReader([1] as never)).toThrow("iterableReader.open");
  expect(() => arrayReader([], { keys: 1 } as never)).toThrow('no option "keys"');
  await expect(readAll(arrayReader([1]), readingFrom("x"))).rejects.toMatchObject({ reason: "changed" });
});
