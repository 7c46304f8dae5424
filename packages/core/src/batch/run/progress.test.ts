import { describe, expect, test } from "vitest";
import type { JobId, RunId } from "../../model/ids.ts";
import type { RunRow, RunState } from "../../model/run.ts";
import type { StepRow } from "../../model/step.ts";
import { countsOf, sumOf, TOTAL } from "./execution-counts.ts";
import { ItemMeter } from "./item-progress.ts";
import { RunMeter } from "./progress.ts";
import { detailText, type StepDetail } from "./step-detail.ts";

const RUN = "run" as RunId;

function run(counters: RunRow["counters"], state: RunState = "running"): RunRow {
  return {
    id: RUN,
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
    counters,
  };
}

function step(
  name: string,
  startedAtMs: number,
  { state = "running", ...detail }: StepDetail & { readonly state?: StepRow["state"] } = {},
): StepRow {
  return { run: RUN, step: name, state, starts: 1, startedAtMs, updatedAtMs: 0, detail: detailText(detail) };
}

describe("the items of a step", () => {
  const seen = (
    meter: ItemMeter,
    counters: Readonly<Record<string, number>>,
    at: number | { readonly overAt: number },
  ) => {
    const isOver = typeof at === "object";
    return meter.see(countsOf(counters), { isOver, nowMs: isOver ? at.overAt : at });
  };

  test("without counters are nothing of an unknown total", () => {
    expect(seen(new ItemMeter(), {}, 0)).toEqual({
      done: 0,
      failed: 0,
      skipped: 0,
      filtered: 0,
      itemsPerSecond: 0,
      counters: { read: 0, filtered: 0, processed: 0, written: 0, skipped: 0, failed: 0, retried: 0 },
    });
  });

  test("count as done once settled, and their total is known once the reader has ended", () => {
    const meter = new ItemMeter();
    const counters = { done: 5, filtered: 2, skipped: 1, failed: 3, read: 40, pages: 9, "chunk:ms": 7 };
    const first = seen(meter, counters, 0);
    expect(first).toMatchObject({ done: 11, failed: 3, filtered: 2, skipped: 1 });
    expect(first.total).toBeUndefined();
    expect(first.counters).toEqual({
      ...{ read: 40, filtered: 2, processed: 7, written: 5, skipped: 1, failed: 3, retried: 0 },
      pages: 9,
    });
    expect(seen(meter, { ...counters, sealed: 1 }, 0).total).toBe(40);
  });

  test("have no time left before the warm-up, nor while the total is unknown, nor after the end", () => {
    const meter = new ItemMeter();
    seen(meter, { read: 100, sealed: 1 }, 0);
    expect(seen(meter, { read: 100, sealed: 1, done: 10 }, 1_000).eta).toBeUndefined();
    expect(seen(meter, { read: 100, done: 20 }, 2_000).eta).toBeUndefined();
    expect(seen(meter, { read: 100, sealed: 1, done: 30 }, 3_000).eta).toEqual({
      lowMs: Math.round(7_000 / 1.4),
      highMs: Math.round(7_000 * 1.4),
    });
    expect(seen(meter, { read: 100, sealed: 1, done: 100 }, { overAt: 4_000 }).eta).toBeUndefined();
  });

  test("no time is left to be told while nothing ends, however few items there are a minute", () => {
    const meter = new ItemMeter();
    const at = (done: number, nowMs: number) => seen(meter, { read: 100, sealed: 1, done }, nowMs).eta;
    at(0, 0);
    expect(at(50, 5_000)).toBeDefined();
    expect(at(50, 14_000)).toBeDefined();
    expect(at(50, 16_000)).toBeUndefined();
    expect(at(51, 17_000)).toBeDefined();
    const slow = new ItemMeter();
    const slowAt = (done: number, nowMs: number) => seen(slow, { read: 9, sealed: 1, done }, nowMs).eta;
    slowAt(0, 0);
    slowAt(1, 60_000);
    expect(slowAt(1, 100_000)).toBeDefined();
    expect(slowAt(1, 300_000)).toBeUndefined();
  });

  test("have the total that the reader says, until it has come to its end", () => {
    const meter = new ItemMeter();
    expect(seen(meter, { [TOTAL]: 500, read: 20, done: 10 }, 0).total).toBe(500);
    expect(seen(meter, { [TOTAL]: 500, read: 520, done: 510 }, 1_000).total).toBe(520);
    const { total, eta, counters } = seen(meter, { [TOTAL]: 5_000, read: 600, done: 600 }, 3_000);
    expect({ total, eta: typeof eta }).toEqual({ total: 5_000, eta: "object" });
    expect(counters).not.toHaveProperty(TOTAL);
    expect(seen(meter, { [TOTAL]: 5_000, read: 700, done: 650, sealed: 1 }, 4_000).total).toBe(700);
  });

  test("of partitions have a total once each of them has", () => {
    const [told, ended, silent] = [{ [TOTAL]: 50, read: 5 }, { read: 7, sealed: 1 }, { read: 3 }];
    expect(sumOf([told, ended], 2).total).toBe(57);
    expect(sumOf([told, ended], 3).total).toBeUndefined();
    expect(sumOf([told, ended, silent], 3).total).toBeUndefined();
    expect(sumOf([], 0).total).toBeUndefined();
  });

  test("have a weighed rate: half of it is at most five seconds old", () => {
    const meter = new ItemMeter();
    seen(meter, {}, 0);
    expect(seen(meter, { done: 100 }, 1_000).itemsPerSecond).toBeCloseTo(100);
    expect(seen(meter, { done: 100 }, 6_000).itemsPerSecond).toBeCloseTo(50);
    expect(seen(meter, { done: 200 }, 6_000).itemsPerSecond).toBeCloseTo(50);
  });

  test("begin with the rate that others have seen", () => {
    const meter = new ItemMeter();
    const counts = countsOf({ read: 100, sealed: 1, done: 50 });
    const first = meter.see(counts, { isOver: false, nowMs: 0, keptPerSecond: 10 });
    expect(first).toMatchObject({ itemsPerSecond: 10, eta: { lowMs: 3_571, highMs: 7_000 } });
  });
});

describe("the progress of a run", () => {
  test("is that of the step with items that has begun last, and lists all that have begun, in that order", () => {
    const rows = [
      step("b-load", 10, { state: "completed", rate: { perSecond: 4, done: 3, atMs: 0 } }),
      step("c-index", 20),
      step("a-init", 1, { state: "completed" }),
    ];
    const seen = new RunMeter().see(run({ "b-load": { done: 3, failed: 1, read: 4, sealed: 1 } }), rows, 0);
    expect(seen).toMatchObject({ state: "running", step: "b-load", done: 4, total: 4, itemsPerSecond: 4 });
    expect(seen.steps).toEqual([
      { name: "a-init", state: "completed", starts: 1, startedAtMs: 1 },
      { name: "b-load", state: "completed", starts: 1, startedAtMs: 10, done: 4, failed: 1, total: 4 },
      { name: "c-index", state: "running", starts: 1, startedAtMs: 20 },
    ]);
  });

  test("adds up partitions, and knows their total once each has been read", () => {
    const rows = [
      step("load", 1, { partitions: 2 }),
      step("load/a", 1, { state: "completed" }),
      step("load/b", 2),
    ];
    const meter = new RunMeter();
    const half = { "load/a": { done: 5, read: 5, sealed: 1 }, "load/b": { done: 1, read: 3 } };
    const first = meter.see(run(half), rows, 0);
    expect(first).toMatchObject({ step: "load", done: 6 });
    expect(first.total).toBeUndefined();
    expect(first.steps[0]?.partitions).toEqual({ ended: 1, begun: 2, total: 2 });
    const all = { ...half, "load/b": { done: 1, read: 3, sealed: 1 } };
    expect(meter.see(run(all), rows, 0).total).toBe(8);
  });

  test("of a run of which nothing has begun is nothing", () => {
    const seen = new RunMeter().see(run({}), [], 0);
    expect(seen).toMatchObject({ state: "running", steps: [], done: 0, itemsPerSecond: 0 });
    expect(seen.step).toBeUndefined();
  });
});
