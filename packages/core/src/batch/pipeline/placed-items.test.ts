import { describe, expect, test } from "vitest";
import { BadItem } from "../bad-item.ts";
import { Placed } from "../placed.ts";
import { PlacedItems, type PlacedSource } from "./placed-items.ts";

function reading(items: unknown, how: Partial<PlacedSource> = {}): PlacedItems {
  return new PlacedItems({ open: () => items, after: undefined, cursor: undefined, key: undefined, ...how });
}

/** Up to so many. */
async function some(reader: PlacedItems, most: number) {
  const taken: Placed<unknown>[] = [];
  const isMore = await reader.read((placed) => taken.push(placed) < most);
  return { taken, isMore };
}

async function itemsOf(reader: PlacedItems, most = 1_000): Promise<readonly unknown[]> {
  return (await some(reader, most)).taken.map(({ item }) => item);
}

/** Gives 1 to `upTo`, and notes that it was told to stop. */
function* numbersTo(upTo: number, stopped: string[] = []) {
  try {
    for (let number = 1; number <= upTo; number += 1) yield number;
  } finally {
    stopped.push("stopped");
  }
}

async function* slowly<T>(items: Iterable<T>) {
  for (const item of items) {
    await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

describe("items are handed over", () => {
  test.each([
    ["an array", () => [1, 2, 3]],
    ["a set", () => new Set([1, 2, 3])],
    ["a generator", () => numbersTo(3)],
    ["an asynchronous generator", () => slowly([1, 2, 3])],
    ["promises in an array", () => [Promise.resolve(1), 2, Promise.resolve(3)]],
    ["a text", () => "123"],
  ])("of %s", async (what, items) => {
    const expected = what === "a text" ? ["1", "2", "3"] : [1, 2, 3];
    expect(await itemsOf(reading(items()))).toEqual(expected);
  });

  test("of an asynchronous iterable whose steps are no promises", async () => {
    const steps = numbersTo(3);
    expect(await itemsOf(reading({ [Symbol.asyncIterator]: () => ({ next: () => steps.next() }) }))).toEqual([
      1, 2, 3,
    ]);
  });

  test("until no more are wanted; the next call goes on behind them", async () => {
    const reader = reading(numbersTo(5));
    expect(await some(reader, 2)).toMatchObject({ taken: [{ item: 1 }, { item: 2 }], isMore: true });
    expect(await some(reader, 9)).toMatchObject({
      taken: [{ item: 3 }, { item: 4 }, { item: 5 }],
      isMore: false,
    });
    expect(await some(reader, 9)).toEqual({ taken: [], isMore: false });
  });

  test("without the event loop's turn for what is at hand", async () => {
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 0);
    const reader = reading(numbersTo(100_000));
    const all = await itemsOf(reader, Number.POSITIVE_INFINITY);
    clearInterval(counting);
    expect({ read: all.length, turns }).toEqual({ read: 100_000, turns: 0 });
  });

  test("as far as the reader gets before it fails", async () => {
    const torn = async function* () {
      yield 1;
      throw new Error("torn");
    };
    const taken: unknown[] = [];
    const reader = reading(torn());
    await expect(reader.read(({ item }) => taken.push(item) > 0)).rejects.toThrow("torn");
    expect(taken).toEqual([1]);
    await expect(itemsOf(reading([Promise.reject(new Error("lost"))]))).rejects.toThrow("lost");
  });
});

describe("an item's place", () => {
  test("is its number, from where reading goes on", async () => {
    const { taken } = await some(reading(numbersTo(4), { after: 2 }), 9);
    expect(taken).toEqual([
      new Placed(3, { cursor: "n3", key: "000000000003" }),
      new Placed(4, { cursor: "n4", key: "000000000004" }),
    ]);
  });

  test("is what the step or the reader says", async () => {
    const lines = [new Placed("a", { cursor: "10" }), new Placed("b", { cursor: "20", key: "line-2" })];
    expect((await some(reading(lines), 9)).taken).toEqual([
      new Placed("a", { cursor: "c10", key: "10" }),
      new Placed("b", { cursor: "c20", key: "line-2" }),
    ]);
    const named = reading(lines, {
      cursor: (item) => `at ${String(item)}`,
      key: (item) => `my ${String(item)}`,
    });
    expect((await some(named, 1)).taken).toEqual([new Placed("a", { cursor: "cat a", key: "my a" })]);
  });

  test("is its name too, where nothing else names it", async () => {
    const { taken } = await some(reading(["a", "b"], { cursor: (item) => `at ${String(item)}` }), 9);
    expect(taken.map(({ key }) => key)).toEqual(["at a", "at b"]);
  });

  test("is named by it, where a bad item has no name that a ledger can hold", async () => {
    const bad = new BadItem({ key: "", cursor: "7", reason: "malformed", message: "torn" });
    const [placed] = (await some(reading([bad]), 1)).taken;
    expect(placed).toMatchObject({ cursor: "c7", key: expect.stringMatching(/^unnamed-[0-9a-f]{32}$/) });
    expect(placed?.item).toMatchObject({ reason: "malformed", key: placed?.key });
  });
});

describe("closing", () => {
  test("tells the reader to stop", async () => {
    const stopped: string[] = [];
    const reader = reading(numbersTo(5, stopped));
    await some(reader, 1);
    await reader.close();
    expect(stopped).toEqual(["stopped"]);
    expect(await some(reader, 1)).toEqual({ taken: [], isMore: false });
  });

  test("does nothing before anything was read, nor where there is nothing to tell", async () => {
    let opened = 0;
    await reading(undefined, { open: () => (opened += 1) }).close();
    expect(opened).toBe(0);
    for (const items of [
      { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) },
      { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1, done: false }) }) },
    ]) {
      const reader = reading(items);
      await some(reader, 1);
      await reader.close();
    }
  });

  test("says what the reader makes of it", async () => {
    const reader = reading(
      (function* () {
        try {
          yield 1;
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: what such a reader does
          throw new Error("busy");
        }
      })(),
    );
    await some(reader, 1);
    await expect(reader.close()).rejects.toThrow("busy");
  });
});
