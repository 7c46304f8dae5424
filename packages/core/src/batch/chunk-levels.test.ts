import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { gate, scene } from "../testing/scene.fixture.ts";
import type { LedgerLevel } from "./definition.ts";
import { Filtered } from "./filtered.ts";
import { ended, keyOf, ledger, numbersBatch, type Range, runThrough, STEP } from "./numbers.fixture.ts";
import { defineBatch } from "./pipeline/define-pipeline.ts";

function upTo({ input }: { readonly input: Range }): readonly number[] {
  return Array.from({ length: input.upTo }, (_, index) => index + 1);
}

/** Every fourth fails, every fifth is filtered, every seventh skips itself. */
const mixed = {
  tally: (number: number) => ({ sum: number }),
  process: (number: number, { skip }: { skip(reason: string): never }) => {
    if (number % 4 === 0) throw new ClassedError("validation", "fourfold", `${number} is refused`);
    if (number % 5 === 0) return new Filtered("fivefold", { left: number });
    return number % 7 === 0 ? skip("sevenfold") : number;
  },
};

describe("a ledger", () => {
  test.each<[LedgerLevel, readonly number[]]>([
    ["all", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ["failures", [4, 7, 8]],
    ["none", []],
  ])("of level %s has rows for as much, and the same counters", async (level, rows) => {
    const { batch } = numbersBatch({ ...mixed, ledger: level, skipLimit: 0 });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 10 });
    const { done, sum, left } = { done: 5, sum: 1 + 2 + 3 + 6 + 9, left: 5 + 10 };
    expect(run.counters[STEP]).toEqual({
      done,
      sum,
      left,
      failed: 2,
      filtered: 2,
      skipped: 1,
      read: 10,
      sealed: 1,
    });
    expect((await ledger(of, run.id)).map(({ key }) => key)).toEqual(rows.map(keyOf));
  });

  test.each<LedgerLevel>(["failures", "none"])(
    "of level %s counts nothing twice in a chunk that is redone",
    async (level) => {
      const atThird = gate();
      const third = gate();
      const processed: number[] = [];
      const { batch, written } = numbersBatch({
        ledger: level,
        commit: { items: 2, weight: 100 },
        process: async (number) => {
          processed.push(number);
          if (number !== 3) return number;
          atThird.open();
          await third.promise;
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
      expect((await handle.row()).counters[STEP]).toMatchObject({ done: 3 });
      const [chunk] = (await of.store.find({ name: "count/chunk" }, { limit: 1 })).rows;
      expect(chunk?.checkpoint).toBe('{"settled":[[0,3]]}');
      void of.otherWorker();
      const run = await ended(of, handle);
      expect(run.counters[STEP]).toEqual({ done: 5, read: 5, sealed: 1 });
      expect(processed).toEqual([1, 2, 3, 4, 5]);
      expect(written).toEqual([1, 2, 3, 4, 5]);
    },
  );

  test("keeps of failed and skipped items what their reader gave, and what the step asks for of outputs", async () => {
    const batch = defineBatch<Range>({ name: "count" }).each(STEP, upTo, mixed.process, { skipLimit: 0 });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 8 });
    const rows = new Map((await ledger(of, run.id)).map((row) => [Number(row.key), row]));
    expect(rows.get(4)).toMatchObject({ state: "failed", item: "4", reason: "fourfold" });
    expect(rows.get(7)).toMatchObject({ state: "skipped", item: "7", stage: "process", reason: "sevenfold" });
    expect(rows.get(6)).toMatchObject({ state: "done", output: "6" });
    expect(rows.get(6)).not.toHaveProperty("item");
    expect(rows.get(5)).not.toHaveProperty("output");
  });

  test("that keeps outputs takes one that JSON cannot hold for a failure of its item", async () => {
    const broken = (number: number) => (number === 2 ? Number.NaN : number);
    const batch = defineBatch<Range>({ name: "count" }).each(STEP, upTo, broken, { retry: "none" });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 3 });
    expect(run.counters[STEP]).toEqual({ done: 2, failed: 1, read: 3, sealed: 1 });
  });
});

describe("an item that has failed for good", () => {
  test("is skipped within the limit, with its reason, and told of", async () => {
    const { batch, written } = numbersBatch({ ...mixed, skipLimit: 5 });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 8 });
    expect(run.state).toBe("completed");
    expect(run.counters[STEP]).toMatchObject({ done: 4, filtered: 1, skipped: 3 });
    expect(run.counters[STEP]).not.toHaveProperty("failed");
    expect(written).toEqual([1, 2, 3, 6]);
    const skipped = (await ledger(of, run.id)).filter(({ state }) => state === "skipped");
    expect(skipped).toMatchObject([
      { key: keyOf(4), stage: "process", errorClass: "validation", reason: "fourfold", item: "4" },
      { key: keyOf(7), reason: "sevenfold" },
      { key: keyOf(8), reason: "fourfold" },
    ]);
  });

  test("in its write is skipped likewise, alone", async () => {
    const { batch } = numbersBatch({
      skipLimit: 5,
      write: async (outputs) => {
        if (outputs.includes(3)) throw new ClassedError("validation", "bad-row", "3 is refused");
      },
    });
    const of = scene([batch]);
    const run = await runThrough(of, batch, { upTo: 5 });
    expect(run.counters[STEP]).toEqual({ done: 4, skipped: 1, read: 5, sealed: 1 });
    expect((await ledger(of, run.id))[2]).toMatchObject({
      state: "skipped",
      stage: "write",
      reason: "bad-row",
    });
  });
});
