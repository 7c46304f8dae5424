import fc from "fast-check";
import { expect, test } from "vitest";
import { Settled } from "./settled.ts";

/** Sets of positions that are settled one after the other. */
const courses = fc.integer({ min: 1, max: 60 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    groups: fc.array(fc.uniqueArray(fc.nat({ max: size - 1 })), { maxLength: 8 }),
  }),
);

function positionsOf(settled: Settled, size: number): readonly number[] {
  return Array.from({ length: size }, (_, position) => position).filter((position) => settled.has(position));
}

function ascending(positions: Iterable<number>): readonly number[] {
  return [...positions].toSorted((a, b) => a - b);
}

test("what a checkpoint says is settled is what was added, however often it is written and read", () => {
  fc.assert(
    fc.property(courses, ({ size, groups }) => {
      const expected = new Set<number>();
      let settled = new Settled(size);
      for (const group of groups) {
        const text = settled.textWith(group);
        expect(positionsOf(settled, size)).toEqual(ascending(expected)); // until the write has taken effect
        for (const position of group) expected.add(position);
        settled.add(group);
        expect(positionsOf(settled, size)).toEqual(ascending(expected));
        settled = new Settled(size, text);
        expect(positionsOf(settled, size)).toEqual(ascending(expected));
      }
    }),
  );
});

test("a checkpoint's ranges are as few as can be, in order", () => {
  fc.assert(
    fc.property(courses, ({ size, groups }) => {
      const { settled } = JSON.parse(new Settled(size).textWith(groups.flat())) as {
        settled: [number, number][];
      };
      for (const [index, [from, upTo]] of settled.entries()) {
        expect(from).toBeLessThan(upTo);
        expect(from).toBeGreaterThan(settled[index - 1]?.[1] ?? -1);
      }
    }),
  );
});

test("a whole chunk is one range, whatever its size", () => {
  const all = Array.from({ length: 10_000 }, (_, position) => position);
  expect(new Settled(10_000).textWith(all)).toBe('{"settled":[[0,10000]]}');
});
