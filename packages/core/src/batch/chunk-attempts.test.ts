import { describe, expect, test } from "vitest";
import { MillraceError } from "../model/errors.ts";
import { RetryAfterError } from "../model/retry-after.ts";
import { gate, unreachable } from "../testing/scene.fixture.ts";
import { bad, chunkScene, ticking } from "./chunk.fixture.ts";
import type { ItemNotice } from "./chunk-work.ts";

describe("what is told", () => {
  test("is what was settled, what was skipped and what is tried again", async () => {
    const settled: unknown[] = [];
    const skipped: ItemNotice[] = [];
    const retried: ItemNotice[] = [];
    let tries = 0;
    const of = chunkScene({
      rules: {
        skipLimit: 9,
        process: (item, { skip }) => {
          if (item === 1) skip("not mine");
          if (item === 2) throw bad(2);
          if (item !== 3 || tries > 0) return item;
          tries += 1;
          throw new Error("not yet");
        },
      },
      work: {
        notices: {
          onSettled: (states) => void settled.push(states),
          onSkip: (notice) => void skipped.push(notice),
          onRetry: (notice) => void retried.push(notice),
        },
      },
    });
    await of.run();
    expect(settled).toEqual([["skipped", "skipped", "done", "done"], ["done"]]);
    expect(skipped).toEqual([
      { key: "key-1", item: 1, attempt: 1 },
      { key: "key-2", item: 2, attempt: 1, error: bad(2) },
    ]);
    expect(retried).toEqual([{ key: "key-3", item: 3, attempt: 1, error: new Error("not yet") }]);
    expect(await of.counters()).toEqual({ done: 3, skipped: 2, retried: 1 });
  });
});

describe("an attempt that is to be followed by another", () => {
  test("asks for the patience of its most patient failure", async () => {
    let tries = 0;
    const startedAt: number[] = [];
    const of = chunkScene({
      items: [1, 2, 3],
      rules: {
        process: (item) => {
          if (item === 1) startedAt.push(of.time.now());
          if (tries === 3) return item;
          tries += 1;
          if (item === 1) throw new Error("soon");
          throw new RetryAfterError(item === 2 ? "20s" : "10s");
        },
      },
    });
    await of.run();
    expect((startedAt[1] ?? 0) - (startedAt[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
    expect(await of.counters()).toEqual({ done: 3, retried: 3 });
  });

  test("is not burnt by a store that is away before anything was tried", async () => {
    const of = chunkScene({});
    let calls = 0;
    of.watch.before.items = () => {
      calls += 1;
      if (calls < 9) unreachable();
    };
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 1, snoozes: 8 });
  });

  test("is burnt by a store that refuses to be asked", async () => {
    const of = chunkScene({});
    let calls = 0;
    of.watch.before.items = () => {
      calls += 1;
      if (calls === 1) throw new MillraceError("store-failed", "no such table");
    };
    expect(await of.run()).toMatchObject({ state: "completed", attempts: 2, snoozes: 0 });
  });
});

describe("a chunk that is told to stop", () => {
  test("starts no further item, and leaves the rest to another attempt", async () => {
    const processed: unknown[] = [];
    const held = gate();
    const of = chunkScene({
      rules: {
        process: async (item) => {
          processed.push(item);
          if (processed.length === 1) await held.promise; // heeds no signal
          return item;
        },
        timeoutMs: 50,
      },
    });
    const running = of.run();
    await of.time.settle();
    await of.time.advance(100);
    held.open();
    await running;
    expect(processed).toEqual([1, 2, 3, 4, 5, 1]);
    expect(await of.counters()).toEqual({ done: 5, retried: 1 });
  });

  test("gives other work its turn where items follow each other at once", async () => {
    let turns = 0;
    let isOver = false;
    const of = chunkScene({
      items: Array.from({ length: 50 }, (_, index) => index),
      rules: {
        process: (item) => {
          if (item === 0) void count();
          if (item === 49) isOver = true;
          return item;
        },
      },
      work: { nowMs: ticking(5) },
    });
    const count = async () => {
      while (!isOver) {
        turns += 1;
        await of.time.turn();
      }
    };
    await of.run();
    expect(turns).toBeGreaterThanOrEqual(5);
  });
});
