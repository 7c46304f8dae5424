import { describe, expect, test } from "vitest";
import { sealEnvelope } from "../model/envelope.ts";
import { ClassedError, MillraceError } from "../model/errors.ts";
import { newId } from "../model/ids.ts";
import { RetryAfterError } from "../model/retry-after.ts";
import { gate, unreachable } from "../testing/scene.fixture.ts";
import { chunkScene } from "./chunk.fixture.ts";
import { CHUNK_MEASURES, shownCounters } from "./chunk-measures.ts";
import type { ItemNotice } from "./chunk-work.ts";

const ADAPTED = { chunkSize: { min: 10, max: 100 } };

function bad(item: unknown): ClassedError {
  return new ClassedError("validation", "bad", `${String(item)} is bad`);
}

/** Processes all but these. */
function refusing(...items: readonly number[]) {
  return (item: unknown) => {
    if (items.includes(Number(item))) throw bad(item);
    return item;
  };
}

describe("a chunk's end", () => {
  test("carries its rows where they are one group: it is one settlement and no other write", async () => {
    const of = chunkScene({ rules: { write: () => undefined, process: refusing(3) } });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({ done: 4, failed: 1 });
    expect(of.watch.calls.save).toEqual([]);
    expect(of.watch.calls.settle).toHaveLength(1);
  });

  test("carries the last group's rows where there are several", async () => {
    const of = chunkScene({ rules: { commit: { items: 2, weight: 100 } } });
    await of.run();
    expect(of.watch.calls.save).toHaveLength(2);
    expect((await of.rows()).map(({ key }) => key)).toEqual([1, 2, 3, 4, 5].map((item) => `key-${item}`));
  });

  test("carries what bisecting has left to say", async () => {
    const tries: (readonly unknown[])[] = [];
    const of = chunkScene({
      items: [1, 2, 3, 4],
      rules: {
        write: (outputs) => {
          tries.push(outputs);
          if (outputs.includes(3)) throw bad(3);
        },
      },
    });
    await of.run();
    expect(tries).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
    expect(of.watch.calls.save).toHaveLength(2); // of 1 and 2, and of 4; 3 goes with the end
    expect(await of.counters()).toEqual({ done: 3, failed: 1 });
  });

  test("carries nothing that the store would refuse: that item fails alone", async () => {
    const of = chunkScene({ rules: { tally: (output) => ({ pages: output === 2 ? 0.5 : 1 }) } });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({ done: 4, failed: 1, pages: 4 });
    const [row] = (await of.rows()).filter(({ state }) => state === "failed");
    expect(row).toMatchObject({ key: "key-2", stage: "write", message: expect.stringContaining("pages") });
  });

  test("is the same for a writer that needs no transaction, and says in words what is no error", async () => {
    const written: unknown[] = [];
    const of = chunkScene({
      rules: {
        transactional: false,
        write: (outputs) => void written.push(...outputs),
        process: (item) => {
          if (item === 3) throw "three";
          return item;
        },
        retry: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" },
      },
    });
    await of.run();
    expect(written).toEqual([1, 2, 4, 5]);
    expect(of.watch.calls.save).toEqual([]);
    expect((await of.rows())[2]).toMatchObject({
      state: "failed",
      message: "three",
      errorClass: "processing",
    });
  });

  test.each(["all", "none"] as const)("of items without output leaves %s of their rows", async (ledger) => {
    const of = chunkScene({
      items: [1, 2],
      rules: { ledger, process: (item) => (item === 1 ? null : undefined) },
    });
    await of.run();
    expect(await of.counters()).toEqual({ filtered: 2 });
    expect((await of.rows()).map(({ state }) => state)).toEqual(
      ledger === "all" ? ["filtered", "filtered"] : [],
    );
  });

  test("carries nothing where there is nothing to do", async () => {
    const of = chunkScene({ items: [] });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({});
  });
});

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

describe("items that run again because they failed", () => {
  test("are those of which another job has left a failed row, and replace it", async () => {
    const of = chunkScene({ work: { isRetry: true }, rules: { ledger: "failures", process: refusing(4) } });
    const other = chunkScene({ rules: { process: refusing(2, 4) } });
    await other.run();
    await leave(of, await other.rows());
    expect(await of.counters()).toEqual({ done: 3, failed: 2 });
    await of.run();
    expect(await of.counters()).toEqual({ done: 4, failed: 1 });
    expect((await of.rows()).filter(({ state }) => state === "failed").map(({ key }) => key)).toEqual([
      "key-4",
    ]);
  });

  test.each([
    ["all", true],
    ["failures", true],
    ["none", true],
    ["all", false],
    ["failures", false],
    ["none", false],
  ] as const)(
    "of level %s run again with their dead chunk, rows of them or none: %s",
    async (ledger, hasRows) => {
      let isBroken = true;
      const processed: unknown[] = [];
      const of = chunkScene({
        rules: {
          ledger,
          prepare: () => {
            if (isBroken) throw bad("the shelf");
          },
          process: (item) => {
            processed.push(item);
            return item;
          },
        },
      });
      const { id, state } = await of.run();
      expect(state).toBe("dead");
      if (hasRows)
        await leave(
          of,
          [1, 2, 3, 4, 5].map((item) => ({ key: `key-${item}`, state: "failed" })),
        );
      isBroken = false;
      await of.mr.jobs.retry(id);
      await of.time.advance(10_000);
      expect(await of.job()).toMatchObject({ state: "completed" });
      expect(await of.counters()).toEqual({ done: 5 });
      expect(processed).toEqual([1, 2, 3, 4, 5]);
    },
  );
});

/** Has another job leave these rows. */
async function leave(
  of: ReturnType<typeof chunkScene>,
  rows: readonly { readonly key: string; readonly state: "done" | "failed" | "filtered" | "skipped" }[],
): Promise<void> {
  await of.mr.open();
  const { step } = of.work;
  const items = rows.map(({ key, state }) => ({ key, state }));
  of.mr.registry.add({
    name: "leaver",
    queue: "leaver",
    run: (_payload, ctx) => ctx.complete(null, { step, items }),
  });
  const base = {
    queue: "leaver",
    name: "leaver",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
  } as const;
  await of.store.enqueue([{ ...base, id: newId(), envelope: sealEnvelope({ payload: null }) }]);
  const worker = of.mr.worker({ queues: ["leaver"] });
  await of.time.advance(5_000);
  await worker.stop();
}

describe("a chunk of an adapted size", () => {
  test("counts items, ms and complaints, hidden from people", async () => {
    const of = chunkScene({
      rules: {
        ...ADAPTED,
        process: (item) => {
          if (item === 2) throw new ClassedError("timeout", "slow", "too slow");
          if (item === 3) throw new ClassedError("validation", "too-large", "too large");
          return item;
        },
        write: (outputs) => {
          if (outputs.length > 2) throw Object.assign(new Error("payload"), { status: 413 });
        },
        retry: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" },
      },
      work: { nowMs: ticking(7) },
    });
    await of.run();
    const counters = await of.counters();
    expect(counters).toMatchObject({
      [CHUNK_MEASURES.items]: 5,
      [CHUNK_MEASURES.timeouts]: 1,
      [CHUNK_MEASURES.tooLarge]: 2,
      done: 3,
      failed: 2,
    });
    expect(counters[CHUNK_MEASURES.ms]).toBeGreaterThan(0);
    expect(shownCounters(counters)).toEqual({ done: 3, failed: 2 });
  });

  test("counts likewise what it has to try again", async () => {
    let tries = 0;
    const of = chunkScene({
      rules: {
        ...ADAPTED,
        process: (item) => {
          if (item !== 1 || tries > 0) return item;
          tries += 1;
          throw new ClassedError("timeout", "slow", "too slow");
        },
      },
    });
    await of.run();
    expect(await of.counters()).toMatchObject({
      [CHUNK_MEASURES.items]: 6,
      [CHUNK_MEASURES.timeouts]: 1,
      retried: 1,
    });
  });

  test("that runs into its own time-out says so", async () => {
    const of = chunkScene({
      rules: { ...ADAPTED, process: (_item, { signal }) => aborted(signal) },
      timeoutMs: 50,
    });
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 3 });
    expect(await of.counters()).toMatchObject({ [CHUNK_MEASURES.timeouts]: 3 });
  });

  test("that cannot even say so ends all the same", async () => {
    const of = chunkScene({
      rules: { ...ADAPTED, process: (_item, { signal }) => aborted(signal) },
      timeoutMs: 50,
    });
    of.watch.before.save = () => {
      throw new MillraceError("store-failed", "no such table");
    };
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 3 });
    expect(await of.counters()).toEqual({});
  });

  test("that fails otherwise says nothing", async () => {
    const of = chunkScene({ rules: { ...ADAPTED, prepare: () => Promise.reject(bad("the shelf")) } });
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 1 });
    expect(await of.counters()).toEqual({});
  });
});

/** A clock that goes on by so much whenever it is read. */
function ticking(ms: number): () => number {
  let nowMs = 0;
  return () => {
    nowMs += ms;
    return nowMs;
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

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
      },
      timeoutMs: 50,
    });
    const running = of.run();
    await of.time.settle();
    await of.time.advance(100);
    held.open();
    await running;
    expect(processed).toEqual([1, 1, 2, 3, 4, 5]);
    expect(await of.counters()).toEqual({ done: 5 });
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
