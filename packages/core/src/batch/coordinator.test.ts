import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { gate, scene, unreachable } from "../testing/scene.fixture.ts";
import { ended, ledger, numbers, numbersBatch, runThrough, STEP } from "./numbers.fixture.ts";

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
