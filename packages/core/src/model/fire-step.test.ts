import { describe, expect, test } from "vitest";
import { fireStep } from "./fire-step.ts";
import { fireTimes } from "./fire-times.ts";
import type { ScheduleDefinition } from "./schedule.ts";
import { fireJobId, scheduledFire } from "./schedule-job.ts";

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 0, 1, 12);
/** Every ten minutes. */
const times = fireTimes({ kind: "interval", everyMs: 10 * MINUTE, anchorMs: 0 });

/** The step at a time after noon, of a schedule due at noon; times in minutes after noon. */
function step(misfire: Parameters<typeof fireStep>[1], minutes: number) {
  const { missed, fireMs, nextMs } = fireStep(times, misfire, {
    dueMs: NOON,
    nowMs: NOON + minutes * MINUTE,
  });
  const after = (ms: number | undefined) => (ms === undefined ? undefined : (ms - NOON) / MINUTE);
  return {
    missed: missed && [after(missed.fromMs), after(missed.beforeMs)],
    fires: after(fireMs),
    next: after(nextMs),
  };
}

describe("a fire in time", () => {
  test.each(["skip", "fire-once"] as const)("is made under %s", (kind) => {
    expect(step({ kind }, 0)).toEqual({ missed: undefined, fires: 0, next: 10 });
    expect(step({ kind }, 1)).toEqual({ missed: undefined, fires: 0, next: 10 });
  });

  test("is made under backfill", () => {
    expect(step({ kind: "backfill", max: 1 }, 1)).toEqual({ missed: undefined, fires: 0, next: 10 });
  });
});

describe("missed fires", () => {
  test("are passed over under skip; the last one too, unless it is less than a minute late", () => {
    expect(step({ kind: "skip" }, 2)).toEqual({ missed: [0, 10], fires: undefined, next: 10 });
    expect(step({ kind: "skip" }, 35)).toEqual({ missed: [0, 40], fires: undefined, next: 40 });
    expect(step({ kind: "skip" }, 30.5)).toEqual({ missed: [0, 30], fires: 30, next: 40 });
  });

  test("are made up for by the last of them under fire-once", () => {
    expect(step({ kind: "fire-once" }, 9)).toEqual({ missed: undefined, fires: 0, next: 10 });
    expect(step({ kind: "fire-once" }, 35)).toEqual({ missed: [0, 30], fires: 30, next: 40 });
  });

  test("are made one by one under backfill, the last so many of them, oldest first", () => {
    expect(step({ kind: "backfill", max: 4 }, 35)).toEqual({ missed: undefined, fires: 0, next: 10 });
    expect(step({ kind: "backfill", max: 3 }, 35)).toEqual({ missed: [0, 10], fires: 10, next: 20 });
    expect(step({ kind: "backfill", max: 1 }, 35)).toEqual({ missed: [0, 30], fires: 30, next: 40 });
    expect(step({ kind: "backfill", max: 1_000 }, 60 * 24 * 30).fires).toBe(60 * 24 * 30 - 9_990);
  });
});

describe("the id of a fire's job", () => {
  test("is a UUIDv7 of its time, and always the same", () => {
    const id = fireJobId({ id: "nightly", fireMs: NOON });
    expect(id.replace("-", "").slice(0, 12)).toBe(NOON.toString(16).padStart(12, "0"));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(fireJobId({ id: "nightly", fireMs: NOON })).toBe(id);
  });

  test("is another for another schedule or time", () => {
    const ids = [
      fireJobId({ id: "a", fireMs: NOON }),
      fireJobId({ id: "b", fireMs: NOON }),
      fireJobId({ id: "a", fireMs: NOON + 1 }),
    ];
    expect(new Set(ids).size).toBe(3);
  });
});

describe("a fire of a run", () => {
  const job = { queue: "bulk", name: "d/run", tenant: "acme", priority: "high", maxRescues: 3 } as const;
  const run = { definition: "d", instance: "one", rerun: true, tenant: "acme", params: "{}" } as const;
  const definition: ScheduleDefinition = {
    timing: { kind: "interval", everyMs: 1_000, anchorMs: 0 },
    misfire: { kind: "fire-once" },
    overlap: "queue-one",
    target: {
      kind: "run",
      run: { ...run, queue: "bulk", priority: "low" },
      coordinator: { ...job, payload: '{"n":1}', rest: { tags: ["t"] } },
    },
  };

  test("makes the run and its coordinator, the same whoever makes it, and no ordering key", () => {
    const fire = { id: "nightly", fireMs: NOON };
    const made = scheduledFire(definition, fire);
    expect(made).toEqual(scheduledFire(definition, fire));
    const id = fireJobId(fire);
    expect(made).toEqual({
      fireMs: NOON,
      run: { ...run, queue: "bulk", priority: "low", id: made.run?.id },
      job: {
        ...{ ...job, id, delayMs: 0, run: made.run?.id },
        envelope: `0{"payload":{"n":1},"tags":["t"],"schedule":{"id":"nightly","fireMs":${NOON}}}`,
      },
    });
    expect(made.run?.id).not.toBe(id);
    expect(made.run?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(scheduledFire(definition, { ...fire, fireMs: NOON + 1 }).run?.id).not.toBe(made.run?.id);
  });
});
