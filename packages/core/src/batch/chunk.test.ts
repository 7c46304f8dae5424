import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { gate, scene, unreachable } from "../testing/scene.fixture.ts";
import { BadItem } from "./bad-item.ts";
import { Filtered } from "./filtered.ts";
import { ended, keyOf, ledger, numbers, numbersBatch, runThrough, STEP } from "./numbers.fixture.ts";

function refusing(bad: number, error: () => unknown) {
  return (outputs: readonly number[]): void => {
    if (outputs.includes(bad)) throw error();
  };
}

describe("an item", () => {
  test("whose write is refused for good fails alone", async () => {
    const refuse = refusing(4, () => new ClassedError("validation", "bad-row", "the database refuses 4"));
    const written: number[] = [];
    const { batch } = numbersBatch({
      write: async (outputs) => {
        refuse(outputs);
        written.push(...outputs);
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 10 });
    expect(run.state).toBe("partial");
    expect(run.counters[STEP]).toEqual({ done: 9, failed: 1, read: 10, sealed: 1 });
    expect(written.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10]);
    expect((await ledger(of, run.id)).filter((row) => row.state === "failed")).toMatchObject([
      { key: keyOf(4), stage: "write", errorClass: "validation", reason: "bad-row" },
    ]);
  });

  test("whose write fails by a passing failure is tried again by the step's policy", async () => {
    let refusals = 0;
    const { batch } = numbersBatch({
      write: async (outputs) => {
        if (!outputs.includes(4) || refusals > 2) return;
        refusals += 1;
        throw new ClassedError("connection", "reset", "the index hung up");
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 10 });
    expect(run.state).toBe("completed");
    expect(run.counters[STEP]).toEqual({ done: 10, read: 10, retried: 4, sealed: 1 });
  });

  test("that throws nothing at all is tried again like any other", async () => {
    let throws = 0;
    const { batch } = numbersBatch({
      process: async (number) => {
        if (number !== 2 || throws > 0) return number;
        throws += 1;
        throw undefined;
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 3 });
    expect(run.counters[STEP]).toEqual({ done: 3, read: 3, retried: 1, sealed: 1 });
  });

  test("whose failure hook fails too takes no other item down", async () => {
    const { batch } = numbersBatch({
      process: async (number) => {
        if (number === 2) throw new ClassedError("validation", "odd", "2 is refused");
        return number;
      },
      failed: async () => {
        throw new Error("nothing to undo with");
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 7 });
    expect(run.counters[STEP]).toEqual({ done: 6, failed: 1, read: 7, retried: 2, sealed: 1 });
    expect((await ledger(of, run.id))[1]).toMatchObject({ reason: "odd", message: "2 is refused" });
  });

  test("may fail or be filtered in words that no store keeps", async () => {
    const { batch } = numbersBatch({
      process: async (number) => {
        if (number === 2) throw new ClassedError("validation", "a\0b", "c\0d\ud800");
        return number === 3 ? new Filtered("e\0f") : number;
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 4 });
    expect(run.counters[STEP]).toEqual({ done: 2, failed: 1, filtered: 1, read: 4, sealed: 1 });
    expect((await ledger(of, run.id)).slice(1, 3)).toMatchObject([
      { reason: "ab", message: "cd\ufffd" },
      { reason: "ef" },
    ]);
  });
});

describe("a chunk", () => {
  test("that cannot be prepared leaves the reason with each of its items", async () => {
    const { batch } = numbersBatch({
      prepare: async (items) => {
        if (items.includes(1)) throw new ClassedError("permission", "sealed", "the shelf is locked");
        return undefined;
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 8 });
    expect(run.counters[STEP]).toEqual({ done: 3, failed: 5, read: 8, sealed: 1 });
    const failed = (await ledger(of, run.id)).filter((row) => row.state === "failed");
    expect(failed.map((row) => row.key)).toEqual([1, 2, 3, 4, 5].map(keyOf));
    for (const row of failed) {
      expect(row).toMatchObject({ stage: "chunk", errorClass: "permission", reason: "chunk-failed" });
      expect(row.message).toContain("the shelf is locked");
    }
  });

  test("goes back at an item's end when its worker drains, and the next worker goes on there", async () => {
    const atThird = gate();
    const third = gate();
    const processed: number[] = [];
    const { batch, written } = numbersBatch({
      commit: { items: 100, weight: 100 },
      process: async (number) => {
        processed.push(number);
        if (number === 3) {
          atThird.open();
          await third.promise;
        }
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 5 });
    const worker = of.mr.worker();
    await atThird.promise;
    const stopped = worker.stop();
    third.open();
    await stopped;
    expect(processed).toEqual([1, 2, 3]);
    expect(await ledger(of, handle.id)).toHaveLength(3);
    void of.otherWorker();
    const run = await ended(of, handle);
    expect(run.counters[STEP]).toEqual({ done: 5, read: 5, sealed: 1 });
    expect(processed).toEqual([1, 2, 3, 4, 5]);
    expect(written).toEqual([1, 2, 3, 4, 5]);
    const { rows } = await of.mr.jobs.list({ name: "count/chunk" });
    expect(rows).toMatchObject([{ attempts: 1, interruptions: 1, rescues: 0 }]);
  });

  test("processes some of its items at once and writes them in their order, all of them as it drains", async () => {
    const first = gate();
    const second = gate();
    const processed: number[] = [];
    const { batch, written } = numbersBatch({
      concurrency: 1,
      itemsAtOnce: 2,
      commit: { items: 1, weight: 100 },
      process: async (number) => {
        processed.push(number);
        if (number === 2) second.open();
        if (number === 1) await first.promise;
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 5 });
    const worker = of.mr.worker();
    await second.promise;
    expect(written).toEqual([]);
    const stopped = worker.stop();
    first.open();
    await stopped;
    expect(processed).toEqual([1, 2]);
    expect(written).toEqual([1, 2]);
    void of.otherWorker();
    const run = await ended(of, handle);
    expect(run.counters[STEP]).toEqual({ done: 5, read: 5, sealed: 1 });
    expect(processed).toEqual([1, 2, 3, 4, 5]);
    expect(written).toEqual([1, 2, 3, 4, 5]);
  });

  test("whose lease is lost writes nothing more, even where its processor heeds no signal", async () => {
    const atSecond = gate();
    const second = gate();
    let calls = 0;
    const { batch, written } = numbersBatch({
      commit: { items: 1, weight: 1 },
      process: async (number) => {
        calls += 1;
        if (number === 2 && calls === 2) {
          atSecond.open();
          await second.promise;
        }
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 4 });
    of.mr.worker({ lease: "15s", grace: "1h" });
    await atSecond.promise;
    // The first worker's process is cut off from the store, which gives its jobs to another.
    of.watch.before.extend = unreachable;
    of.watch.before.claim = unreachable;
    const other = of.otherWorker({ lease: "15s" });
    await of.time.advance(40_000);
    expect(written).toEqual([1, 2, 3, 4]);
    second.open();
    const run = await ended(of, handle);
    await of.time.settle();
    expect(written).toEqual([1, 2, 3, 4]);
    expect(run.counters[STEP]).toEqual({ done: 4, read: 4, sealed: 1 });
    void other.stop();
  });
});

test("a chunk of nothing but bad items prepares nothing, and fails them", async () => {
  let prepared = 0;
  const bad = (number: number) =>
    new BadItem({ key: keyOf(number), cursor: keyOf(number), reason: "malformed", message: "no number" });
  const { batch } = numbersBatch({
    read: async function* (context) {
      for await (const number of numbers(context)) yield number <= 5 ? bad(number) : number;
    },
    prepare: () => {
      prepared += 1;
    },
  });
  const of = scene([batch]);
  const run = await runThrough(of, batch, { upTo: 10 });
  expect(run.counters[STEP]).toEqual({ done: 5, failed: 5, read: 10, sealed: 1 });
  expect(prepared).toBe(1);
});
