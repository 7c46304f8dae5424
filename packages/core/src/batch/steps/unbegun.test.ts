import { expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { scene } from "../../testing/scene.fixture.ts";
import { ended, ledger, numbersBatch, STEP } from "../numbers.fixture.ts";

test("a chunk that has not begun when its step fails leaves its items as failed, with rows also where no ending leaves one", async () => {
  const { batch, written } = numbersBatch({
    ledger: "none",
    onFailure: "failFast",
    process: async (number) => {
      if (number === 1) throw new ClassedError("validation", "odd", "1 is refused");
      if (number === 5) await new Promise<void>((resolve) => void of.time.after(2_000, resolve));
      return number;
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 10 });
  of.mr.worker({ concurrency: 1 });
  const run = await ended(of, handle);
  expect(JSON.parse(run.error ?? "")).toMatchObject({ step: STEP, reason: "fail-fast" });
  expect(run.counters[STEP]).toMatchObject({ read: 10, done: 4, failed: 6 });
  const rows = await ledger(of, run.id);
  expect(rows.map(({ item }) => item)).toEqual(["6", "7", "8", "9", "10"]);
  for (const row of rows) expect(row).toMatchObject({ state: "failed", reason: "not-begun" });
  expect(written).toEqual([2, 3, 4, 5]);
});

test("one that has not begun counts items that another chunk had before it as repeated", async () => {
  const { batch } = numbersBatch({
    read: () => [1, 2, 3, 4, 2, 6],
    chunkSize: 2,
    onFailure: "failFast",
    process: async (number) => {
      if (number === 1) throw new ClassedError("validation", "odd", "1 is refused");
      if (number === 3) await new Promise<void>((resolve) => void of.time.after(2_000, resolve));
      return number;
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 6 });
  of.mr.worker({ concurrency: 1 });
  const run = await ended(of, handle);
  expect(run.counters[STEP]).toMatchObject({ read: 6, done: 3, failed: 2, repeated: 1 });
  const rows = await ledger(of, run.id);
  expect(rows.map(({ key, reason }) => [key, reason])).toEqual([
    ["000001", "odd"],
    ["000002", undefined],
    ["000003", undefined],
    ["000004", undefined],
    ["000006", "not-begun"],
  ]);
});
