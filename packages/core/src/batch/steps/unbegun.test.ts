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
  expect(run.counters[STEP]).toMatchObject({ read: 10, done: 4, failed: 6, "not-begun": 5 });
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
  expect(run.counters[STEP]).toMatchObject({ read: 6, done: 3, failed: 2, repeated: 1, "not-begun": 1 });
  const rows = await ledger(of, run.id);
  expect(rows.map(({ key, reason }) => [key, reason])).toEqual([
    ["000001", "odd"],
    ["000002", undefined],
    ["000003", undefined],
    ["000004", undefined],
    ["000006", "not-begun"],
  ]);
});

test("a step that tolerates some says how many have failed, and tells those apart that were not begun, until a restart has run them", async () => {
  let isMended = false;
  const { batch } = numbersBatch({
    onFailure: { tolerate: 1 },
    chunkSize: 2,
    process: async (number) => {
      if (number < 3 && !isMended) throw new ClassedError("validation", "odd", `${number} is refused`);
      if (number === 3) await new Promise<void>((resolve) => void of.time.after(2_000, resolve));
      return number;
    },
  });
  const of = scene([batch]);
  const handle = await of.mr.start(batch, { upTo: 20 });
  of.mr.worker({ concurrency: 1 });
  const run = await ended(of, handle);
  expect(JSON.parse(run.error ?? "")).toMatchObject({
    ...{ step: STEP, reason: "too-many-failures" },
    message: expect.stringContaining("2 items failed for good; 1 are tolerated"),
  });
  const counters = run.counters[STEP] ?? {};
  expect((counters["failed"] ?? 0) - (counters["not-begun"] ?? 0)).toBe(2);
  expect(counters["not-begun"]).toBeGreaterThan(0);
  isMended = true;
  await handle.restart();
  const again = await ended(of, handle);
  expect(again).toMatchObject({ state: "completed", counters: { [STEP]: { read: 20, done: 20 } } });
  expect(again.counters[STEP]).not.toHaveProperty("not-begun");
});
