/** Owns how a coordinator reads: how far ahead, when again, and that readers are closed. */
import { describe, expect, test } from "vitest";
import { gate, scene } from "../testing/scene.fixture.ts";
import { ended, keyOf, ledger, numbers, numbersBatch, runThrough, STEP } from "./numbers.fixture.ts";

describe("readers", () => {
  test("that are slow do not keep whole chunks waiting, and go on while these are worked on", async () => {
    let read = 0;
    const readBefore: number[] = [];
    const { batch } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          await new Promise<void>((resolve) => void of.time.after(400, resolve));
          read = number;
          yield number;
        }
      },
      process: async (number) => {
        readBefore.push(read - number);
        await new Promise<void>((resolve) => void of.time.after(3_000, resolve));
        return number;
      },
      chunkSize: 2,
      concurrency: 4,
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 40 });
    expect(run.counters[STEP]).toEqual({ done: 40, read: 40, sealed: 1 });
    // Sixteen are a whole window.
    expect(readBefore[0]).toBeLessThan(5);
    expect(Math.max(...readBefore)).toBeGreaterThan(5);
  });

  function counted(reads: { open: number; most: number; opened: number }) {
    return async function* (context: Parameters<typeof numbers>[0]): AsyncGenerator<number> {
      reads.opened += 1;
      reads.open += 1;
      reads.most = Math.max(reads.most, reads.open);
      try {
        yield* numbers(context);
      } finally {
        reads.open -= 1;
      }
    };
  }

  test("of ten thousand items: one, opened once, and the sums are exact", async () => {
    const reads = { open: 0, most: 0, opened: 0 };
    const { batch, written } = numbersBatch({
      read: counted(reads),
      chunkSize: 50,
      commit: { items: 50, weight: 1_000 },
      concurrency: 4,
      tally: (number) => ({ sum: number }),
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 10_000 });
    expect(run.state).toBe("completed");
    expect(run.counters[STEP]).toEqual({ done: 10_000, read: 10_000, sealed: 1, sum: 50_005_000 });
    expect(reads).toEqual({ open: 0, most: 1, opened: 1 });
    expect(new Set(written).size).toBe(10_000);
    expect(written).toHaveLength(10_000);
  });

  test("are closed when they fail, and when their window cannot be kept", async () => {
    const reads = { open: 0, most: 0, opened: 0 };
    const { batch } = numbersBatch({
      read: counted(reads),
      weight: () => {
        throw new Error("the scales are broken");
      },
    });
    const of = scene([batch]);
    expect((await runThrough(of, batch, { upTo: 100 })).state).toBe("failed");
    expect(reads).toEqual({ open: 0, most: 1, opened: 3 });
  });

  test("that are kept for the next wake-up are closed when the worker drains", async () => {
    const reads = { open: 0, most: 0, opened: 0 };
    const held = gate();
    const { batch } = numbersBatch({
      read: counted(reads),
      process: async (number) => {
        await held.promise;
        return number;
      },
    });
    const of = scene([batch]);
    await of.mr.start(batch, { upTo: 100 });
    const worker = of.mr.worker();
    await of.time.settle();
    expect(reads.open).toBe(1);
    const stopped = worker.stop();
    await of.time.settle();
    expect(reads.open).toBe(0);
    held.open();
    await stopped;
  });

  test("that are told to stop and just end have not come to their end", async () => {
    let hangs = true;
    const { batch } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          if (number === 4 && hangs) {
            hangs = false;
            await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
            return;
          }
          yield number;
        }
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 9 });
    const worker = of.mr.worker({ drain: "1s", grace: "1h" });
    await of.time.settle();
    const stopped = worker.stop();
    await of.time.advance(2_000);
    await stopped;
    void of.otherWorker();
    const run = await ended(of, handle);
    expect(run.counters[STEP]).toEqual({ done: 9, read: 9, sealed: 1 });
    expect((await ledger(of, handle.id)).map((row) => row.key)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map(keyOf),
    );
  });
});
