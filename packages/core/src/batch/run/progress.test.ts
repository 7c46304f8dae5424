import { describe, expect, test } from "vitest";
import type { JobId, RunId } from "../model/ids.ts";
import type { RunRow, RunState } from "../model/run.ts";
import { ProgressMeter } from "./progress.ts";

function run(counters: Record<string, number>, state: RunState = "running"): RunRow {
  return {
    id: "run" as RunId,
    definition: "count",
    instance: "one",
    tenant: "",
    state,
    params: "{}",
    queue: "default",
    priority: "default",
    restarts: 0,
    updatedAtMs: 0,
    coordinator: "job" as JobId,
    createdAtMs: 0,
    counters: { load: counters },
  };
}

describe("progress", () => {
  test("of a run without counters is nothing of an unknown total", () => {
    const progress = new ProgressMeter("load").see({ ...run({}), counters: {} }, 0);
    expect(progress).toEqual({
      state: "running",
      done: 0,
      failed: 0,
      filtered: 0,
      itemsPerSecond: 0,
      counters: {},
    });
  });

  test("counts every settled item as done, and knows the total once the reader has ended", () => {
    const meter = new ProgressMeter("load");
    const counters = { done: 5, filtered: 2, skipped: 1, failed: 3, read: 40 };
    expect(meter.see(run(counters), 0)).toMatchObject({ done: 11, failed: 3, filtered: 2 });
    expect(meter.see(run(counters), 0).total).toBeUndefined();
    expect(meter.see(run({ ...counters, sealed: 1 }), 0).total).toBe(40);
  });

  test("gives no time left before the warm-up, nor while the total is unknown, nor after the end", () => {
    const meter = new ProgressMeter("load");
    meter.see(run({ read: 100, sealed: 1 }), 0);
    expect(meter.see(run({ read: 100, sealed: 1, done: 10 }), 1_000).eta).toBeUndefined();
    expect(meter.see(run({ read: 100, done: 20 }), 2_000).eta).toBeUndefined();
    expect(meter.see(run({ read: 100, sealed: 1, done: 30 }), 3_000).eta).toEqual({
      lowMs: Math.round(7_000 / 1.4),
      highMs: Math.round(7_000 * 1.4),
    });
    expect(meter.see(run({ read: 100, sealed: 1, done: 100 }, "completed"), 4_000).eta).toBeUndefined();
  });

  test("weighs the rate: half of it is at most five seconds old", () => {
    const meter = new ProgressMeter("load");
    meter.see(run({}), 0);
    expect(meter.see(run({ done: 100 }), 1_000).itemsPerSecond).toBeCloseTo(100);
    expect(meter.see(run({ done: 100 }), 6_000).itemsPerSecond).toBeCloseTo(50);
    expect(meter.see(run({ done: 200 }), 6_000).itemsPerSecond).toBeCloseTo(50);
  });
});
