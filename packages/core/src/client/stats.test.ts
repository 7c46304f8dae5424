import { describe, expect, test } from "vitest";
import { ClassedError, UnrecoverableError } from "../model/errors.ts";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

const MINUTE_MS = 60_000;

const work = defineJob({
  name: "work",
  queue: "a:b",
  retry: { maxAttempts: 2, initial: 100, jitter: "none" },
  run: async (input: { runMs: number; fails?: "timeout" | "always" }, ctx) => {
    await pause(input.runMs);
    if (input.fails === "always") throw new UnrecoverableError("never");
    if (input.fails === "timeout" && ctx.attempt === 1) throw new ClassedError("timeout", "slow", "too slow");
  },
});

let pause: (ms: number) => Promise<void> = async () => undefined;

/** A scene in which handlers take the time they say. */
function timedScene() {
  const made = scene([work]);
  pause = (ms) => new Promise((resolve) => made.time.after(ms, resolve));
  return made;
}

describe("mr.stats", () => {
  test("of an empty store are zero where known and null where not", async () => {
    const { mr } = timedScene();
    const stats = await mr.stats();
    expect(stats).toMatchObject({
      queued: 0,
      completed: 0,
      successRate: null,
      averageWaitMs: null,
      queues: [],
    });
    expect(stats.lastMinute.perMinute).toBe(0);
    await mr.close();
  });

  test("count states, outcomes, waits, runs and failures by queue and class", async () => {
    const { mr, time } = timedScene();
    await mr.enqueue(work, { runMs: 100 });
    await mr.enqueue(work, { runMs: 300 }, { priority: "high" });
    await mr.enqueue(work, { runMs: 50, fails: "always" });
    await mr.enqueue(work, { runMs: 50, fails: "timeout" });
    await time.advance(2_000);
    mr.worker();
    await time.advance(MINUTE_MS / 4);
    await mr.enqueue(work, { runMs: 0 }, { delay: "1h" });
    const stats = await mr.stats();
    const [queue] = stats.queues;
    expect(stats.queues.map((one) => one.queue)).toEqual(["a:b"]);
    expect(queue).toMatchObject({
      queued: 1,
      running: 0,
      waiting: 0,
      completed: 3,
      dead: 1,
      successRate: 0.75,
    });
    expect(queue?.failures).toEqual({ timeout: 1, processing: 1 });
    expect(queue?.priorities.high).toMatchObject({ completed: 1, averageWaitMs: 2_000, averageRunMs: 300 });
    expect(queue?.priorities.default).toMatchObject({ queued: 1, completed: 2, dead: 1, averageRunMs: 62.5 });
    expect(stats).toMatchObject({ queued: 1, completed: 3, dead: 1, successRate: 0.75 });
    expect(stats.lastHour).toMatchObject({ completed: 3, dead: 1, perMinute: 4 / 60 });
    await mr.close();
  });

  test("count what a full queue refuses", async () => {
    const { mr } = timedScene();
    await mr.queues.setCapacity("a:b", { total: 2 });
    expect(await mr.enqueueMany(work, Array(5).fill({ runMs: 0 }))).toMatchObject({
      enqueued: 2,
      refused: 3,
    });
    const { queues, refused, lastHour } = await mr.stats();
    expect([refused, lastHour.refused, queues[0]?.priorities.default?.refused]).toEqual([3, 3, 3]);
    await mr.close();
  });

  test("of the last minute and hour fade, those of all time stay", async () => {
    const { mr, time } = timedScene();
    mr.worker();
    await mr.enqueueMany(work, Array(30).fill({ runMs: 0 }));
    await time.advance(10);
    expect((await mr.stats()).lastMinute.perMinute).toBe(30);
    await time.advance(2 * MINUTE_MS);
    expect((await mr.stats()).lastMinute).toMatchObject({ perMinute: 0, averageRunMs: null });
    expect((await mr.stats()).lastHour.perMinute).toBe(0.5);
    await time.advance(62 * MINUTE_MS);
    expect((await mr.stats()).lastHour.perMinute).toBe(0);
    expect((await mr.stats()).completed).toBe(30);
    await mr.close();
  });
});
