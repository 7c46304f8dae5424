/** Iterators that programs wrote by hand are read as `for await` reads them, and none for ever. */
import { expect, test } from "vitest";
import type { Placed } from "../placed.ts";
import { PlacedItems } from "./placed-items.ts";

async function itemsOf(source: unknown): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const open = () => source;
  const reader = new PlacedItems({ open, after: undefined, cursor: undefined, key: undefined });
  const take = ({ item }: Placed<unknown>) => items.push(item) < 10;
  expect(await reader.read(take)).toBe(false);
  return items;
}

/** An iterator that a program wrote by itself. */
function upTo(most: number, step: (number: number, isOver: boolean) => unknown): () => unknown {
  let last = 0;
  return () => ({
    next: () => {
      last += 1;
      return step(last, last > most);
    },
  });
}

class Read {
  readonly #value: unknown;
  readonly #isOver: boolean;

  constructor(value: unknown, isOver: boolean) {
    this.#value = value;
    this.#isOver = isOver;
  }

  get value(): unknown {
    return this.#value;
  }

  get done(): boolean {
    return this.#isOver;
  }
}

test.each([
  ["tells its end by any word for it", upTo(3, (value, isOver) => ({ value, done: isOver ? 1 : 0 }))],
  ["says nothing of its end before", upTo(3, (value, isOver) => (isOver ? { done: true } : { value }))],
  ["gives promises in accessors", upTo(3, (value, isOver) => new Read(Promise.resolve(value), isOver))],
])("an iterator that %s is read to its end", async (_what, iterator) => {
  expect(await itemsOf({ [Symbol.iterator]: iterator })).toEqual([1, 2, 3]);
});

test("an asynchronous iterator may give its items at once", async () => {
  const next = upTo(3, (value, done) => ({ value, done }));
  expect(await itemsOf({ [Symbol.asyncIterator]: next })).toEqual([1, 2, 3]);
});

test("an iterable is whatever has an iterator, as for `for await`", async () => {
  expect(await itemsOf(Object.assign([1, 2, 3], { [Symbol.asyncIterator]: undefined }))).toEqual([1, 2, 3]);
  expect(await itemsOf(Object.assign(() => 0, { [Symbol.iterator]: () => [1, 2, 3].values() }))).toEqual([
    1, 2, 3,
  ]);
  expect(await itemsOf("abc")).toEqual(["a", "b", "c"]);
});

test.each([5, "next", undefined, null])(
  "an iterator that gives %s is refused, and never read for ever",
  async (step) => {
    await expect(itemsOf({ [Symbol.iterator]: () => ({ next: () => step }) })).rejects.toThrow();
    await expect(itemsOf({ [Symbol.asyncIterator]: () => ({ next: async () => step }) })).rejects.toThrow();
  },
);

test.each([undefined, null, 7, {}, Promise.resolve([])])(
  "what is no iterable is refused in words",
  async (given) => {
    await expect(itemsOf(given)).rejects.toThrow(/the step's reader gave .+; it takes an iterable/);
  },
);
