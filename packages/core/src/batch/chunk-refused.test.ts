import { describe, expect, test } from "vitest";
import { ClassedError, MillraceError } from "../model/errors.ts";
import { unreachable } from "../testing/scene.fixture.ts";
import { bad, chunkScene, refusing } from "./chunk.fixture.ts";
import { REFUSED } from "./refusals.ts";

describe("a refused write", () => {
  test("of a thousand items with one bad one is tried 21 times, and nothing is processed again", async () => {
    let processed = 0;
    let tries = 0;
    const items = Array.from({ length: 1_000 }, (_, index) => index);
    const of = chunkScene({
      items,
      rules: {
        process: (item) => {
          processed += 1;
          return item;
        },
        write: (outputs) => {
          tries += 1;
          if (outputs.includes(0)) throw bad(0);
        },
      },
    });
    await of.run();
    expect({ tries, processed }).toEqual({ tries: 21, processed: 1_000 });
    expect(await of.counters()).toEqual({ done: 999, failed: 1 });
  });

  test("by what passes is not taken apart while the chunk has attempts left", async () => {
    const tries: number[] = [];
    const of = chunkScene({
      rules: {
        write: (outputs) => {
          tries.push(outputs.length);
          if (outputs.includes(2)) throw new ClassedError("connection", "reset", "hung up");
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(tries).toEqual([5, 5, 5, 3, 2, 1, 1, 1, 2]);
    expect(await of.counters()).toEqual({ done: 4, failed: 1, retried: 10 });
  });

  test("by a hook of failures leaves the hook out", async () => {
    const told: unknown[] = [];
    const of = chunkScene({
      rules: {
        process: refusing(2, 4),
        failed: (items) => {
          told.push(items.map(({ item }) => item));
          throw bad("the hook");
        },
      },
    });
    await of.run();
    expect(told[0]).toEqual([2, 4]);
    expect(told.at(-1)).toEqual([4]);
    expect(await of.counters()).toEqual({ done: 3, failed: 2 });
  });

  test("of an item that can be kept in no way at all fails the chunk", async () => {
    const of = chunkScene({
      items: ["odd\0"],
      rules: { retry: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" } },
    });
    expect(await of.run()).toMatchObject({ state: "dead" });
  });

  test.each([
    ["a table that is missing", sqlError("42P01")],
    ["a right that was lost", sqlError("42501")],
    ["a call against the rules", new MillraceError("bad-usage", "not here")],
  ])("by %s, which no item is to blame for, fails the attempt after a few tries", async (_what, error) => {
    const tries: number[] = [];
    const of = chunkScene({
      items: Array.from({ length: 1_000 }, (_, index) => index),
      rules: {
        write: (outputs) => {
          tries.push(outputs.length);
          throw error;
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 3 });
    expect(tries).toEqual([1, 2, 3].flatMap(() => [1_000, 1, 1, 1]));
    expect(await of.counters()).toEqual({ [REFUSED]: 1 });
  });

  test("whose cause passes between attempts, and by which one item is refused then, fails that item", async () => {
    let tries = 0;
    const of = chunkScene({
      rules: {
        write: (outputs) => {
          tries += 1;
          if (tries <= 4 || outputs.includes(2)) throw sqlError("42P01");
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(await of.counters()).toEqual({ done: 4, failed: 1, retried: 1 });
  });

  test("by a statement of one item alone, such as a table named by it, fails that item", async () => {
    const of = chunkScene({
      rules: {
        write: (outputs) => {
          if (outputs.includes(2)) throw sqlError("42P01");
        },
        commit: { items: 4, weight: 9 },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({ done: 4, failed: 1, retried: 2 });
  });

  test("by a database out of memory is of a kind that passes", async () => {
    const tries: number[] = [];
    const of = chunkScene({
      rules: {
        write: (outputs) => {
          tries.push(outputs.length);
          if (tries.length < 3) throw sqlError("53200");
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 3 });
    expect(tries).toEqual([5, 5, 5]);
  });

  test("by a store that is away fails the attempt as it is", async () => {
    let tries = 0;
    const of = chunkScene({
      rules: {
        write: () => {
          tries += 1;
          if (tries === 1) unreachable();
        },
      },
    });
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 2 });
    expect(tries).toBe(2);
    expect(await of.counters()).toEqual({ done: 5 });
  });
});

function sqlError(sqlState: string): MillraceError {
  return new MillraceError("store-failed", "the store refused a statement", { details: { sqlState } });
}
