import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { gate, scene, unreachable } from "../testing/scene.fixture.ts";
import { ended, keyOf, ledger, numbers, numbersBatch, runThrough, STEP } from "./numbers.fixture.ts";

describe("a coordinator", () => {
  test("sleeps while enough is in flight, wakes by threshold, and never reads more than a window ahead", async () => {
    let pulled = 0;
    let settled = 0;
    let ahead = 0;
    const { batch } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          pulled += 1;
          ahead = Math.max(ahead, pulled - settled);
          yield number;
        }
      },
      process: async (number) => {
        settled += 1;
        return number;
      },
      chunkSize: 5,
      concurrency: 2,
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 400 });
    expect(run.counters[STEP]).toEqual({ done: 400, read: 400, sealed: 1 });
    // A window of 2 · concurrency · chunkSize, behind at most `concurrency` chunks of the window before.
    expect(ahead).toBeLessThanOrEqual(3 * 2 * 5);
    const { rows } = await of.mr.jobs.list({ name: "count/run" });
    expect(rows).toMatchObject([{ state: "completed", attempts: 1 }]);
    expect((await of.mr.jobs.list({ name: "count/chunk", limit: 200 })).rows).toHaveLength(80);
  });

  test("of no items at all finishes", async () => {
    const { batch } = numbersBatch({}, { finish: async () => ({ swept: 3 }) });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 0 });
    expect(run).toMatchObject({ state: "completed", result: '{"swept":3}' });
    expect(run.counters[STEP]).toEqual({ sealed: 1 });
  });

  test("goes on behind a reader that fails, three times over, as long as windows come between", async () => {
    const failAt = new Set([15, 25, 45, 65, 85]);
    const { batch, written } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          if (failAt.delete(number)) throw new Error("the listing broke off");
          yield number;
        }
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 100 });
    expect(run.state).toBe("completed");
    expect(run.counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(new Set(written).size).toBe(100);
  });

  test("whose reader fails for good fails the run, in words, whatever the step's own policy", async () => {
    for (const maxAttempts of [1, 3, 9]) {
      let reads = 0;
      const { batch } = numbersBatch({
        // biome-ignore lint/correctness/useYield: it never comes to that
        read: async function* () {
          reads += 1;
          throw new Error("no such\0shelf");
        },
        retry: { maxAttempts, initial: 10, multiplier: 1, max: 10, jitter: "none" },
      });
      const of = scene([batch]);
      const run = await runThrough(of, batch, { upTo: 5 });
      expect(run.state).toBe("failed");
      expect(JSON.parse(run.error ?? "")).toEqual({
        ...{ class: "processing", message: "no such\0shelf" },
        step: STEP,
      });
      expect(reads).toBe(3);
      const { rows } = await of.mr.jobs.list({ name: "count/step" });
      expect(rows).toMatchObject([{ state: "dead", attempts: 3 }]);
      const coordinators = await of.mr.jobs.list({ name: "count/run" });
      expect(coordinators.rows).toMatchObject([{ state: "completed", attempts: 1 }]);
      expect((await of.mr.start(batch, { upTo: 5 })).result).toBe("started");
    }
  });

  test("whose reader fails for good lets the chunks in flight end before the run does", async () => {
    const held = gate();
    const { batch, written } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          if (number > 20) throw new ClassedError("permission", "locked", "no further");
          yield number;
        }
      },
      process: async (number) => {
        if (number > 15) await held.promise;
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    of.mr.worker();
    await of.time.advance(10_000);
    expect((await handle.row()).state).toBe("running");
    expect((await of.mr.start(batch, { upTo: 100 })).result).toBe("resumed");
    held.open();
    const run = await ended(of, handle);
    expect(run.state).toBe("failed");
    expect(JSON.parse(run.error ?? "")).toEqual({
      ...{ class: "permission", reason: "locked", message: "no further" },
      step: STEP,
    });
    expect(run.counters[STEP]).toEqual({ done: 20, read: 20 });
    expect(written).toHaveLength(20);
    expect((await of.mr.jobs.list({ name: "count/chunk", states: ["completed"] })).rows).toHaveLength(4);
  });

  test("fails the run at once where no retry will help", async () => {
    const { batch } = numbersBatch(
      {},
      {
        finish: async () => {
          throw new ClassedError("permission", "locked", "may not sweep");
        },
      },
    );
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 3 });
    expect(run.state).toBe("failed");
    expect(JSON.parse(run.error ?? "")).toEqual({
      ...{ class: "permission", reason: "locked", message: "may not sweep" },
      step: "finish",
    });
    expect(await ledger(of, run.id)).toHaveLength(3);
  });

  test("never fails a run because the store was away, however often", async () => {
    let away = 12;
    const { batch } = numbersBatch();
    const of = scene([batch]);
    of.watch.before.moveRun = () => {
      if (away > 0) {
        away -= 1;
        unreachable();
      }
    };
    const run = await runThrough(of, batch, { upTo: 3 });
    expect(run.state).toBe("completed");
    expect(away).toBe(0);
  });

  test("whose answer to the run's end was lost does not finish it a second time", async () => {
    let finishes = 0;
    let lost = false;
    const { batch } = numbersBatch(
      {},
      {
        finish: async () => {
          finishes += 1;
          return { finishes };
        },
      },
    );
    const of = scene([batch]);
    of.watch.after.moveRun = () => {
      if (lost) return;
      lost = true;
      unreachable();
    };
    const run = await runThrough(of, batch, { upTo: 3 });
    await of.time.settle();
    expect(run.result).toBe('{"finishes":1}');
    expect(finishes).toBe(1);
    const { rows } = await of.mr.jobs.list({ name: "count/run" });
    expect(rows).toMatchObject([{ state: "completed", result: { finishes: 1 } }]);
  });

  test("counts what its reader counts exactly once, though the reader breaks off and is reopened", async () => {
    const failAt = new Set([7, 33, 34, 70]);
    const { batch } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          context.count("weighed", number);
          if (failAt.delete(number)) throw new Error("the listing broke off");
          yield number;
        }
        context.count("trailers", 2);
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 90 });
    expect(run.counters[STEP]).toEqual({ done: 90, read: 90, sealed: 1, weighed: 4_095, trailers: 2 });
  });

  test("counts exactly once also what its reader passes over, for its items have no place but their number", async () => {
    const failAt = new Set([27, 33, 34, 70]);
    const { batch } = numbersBatch({
      read: async function* ({ params, count }) {
        count("headers", 1);
        for (const number of Array.from({ length: params.upTo }, (_, index) => index + 1)) {
          count("weighed", number);
          if (failAt.delete(number)) throw new Error("the listing broke off");
          yield number;
        }
      },
      cursor: undefined as never, // as where nothing is said of it
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 90 });
    expect(run.counters[STEP]).toEqual({ done: 90, read: 90, sealed: 1, weighed: 4_095, headers: 1 });
  });
});

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

describe("an instance", () => {
  test("that was interrupted goes on where it stopped, under the same run", async () => {
    const atHundred = gate();
    const held = gate();
    const { batch, written } = numbersBatch({
      process: async (number) => {
        if (number === 50) {
          atHundred.open();
          await held.promise;
        }
        return number;
      },
    });
    const of = scene([batch]);
    const first = await of.mr.start(batch, { upTo: 100 });
    const worker = of.mr.worker();
    await atHundred.promise;
    const stopped = worker.stop();
    held.open();
    await stopped;
    const settled = (await ledger(of, first.id)).length;
    expect(settled).toBeLessThan(100);
    const again = await of.mr.start(batch, { upTo: 100 });
    expect(again).toMatchObject({ id: first.id, result: "resumed" });
    void of.otherWorker();
    const run = await ended(of, again);
    expect(run.counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(written).toHaveLength(100);
  });

  test("that has completed runs again where its definition says so, else not", async () => {
    for (const rerun of [true, false]) {
      const { batch } = numbersBatch({}, { rerun });
      const of = scene([batch]);
      const { handle } = await runThrough(of, batch, { upTo: 4 });
      const again = await of.mr.start(batch, { upTo: 4 });
      expect(again.result).toBe(rerun ? "started" : "finished");
      expect(again.id === handle.id).toBe(!rerun);
      expect((await of.mr.start(batch, { upTo: 4 }, { tenant: "another" })).result).toBe("started");
    }
  });
});
