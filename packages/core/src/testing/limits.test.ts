import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { breaker } from "../job/breaker.ts";
import type { JobId } from "../model/ids.ts";
import { RetryAfterError } from "../model/retry-after.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

const KEY = "model:ada";

/** A job under the limit that says when it ran. */
function timedJob(ran: number[], now: () => number) {
  return defineJob({
    name: "embed",
    limits: [KEY],
    retry: "none",
    run: (_input, ctx) => {
      ran.push(now());
      return ctx.attempt;
    },
  });
}

test("a job whose limit is held is put off until that is over, without its handler and without an attempt", async () => {
  const ran: number[] = [];
  let start = 0;
  const job = timedJob(ran, () => time.now() - start);
  const { mr, time, store, watch } = scene([job]);
  await mr.limits.hold(KEY, { for: "30s", reason: "429 from the endpoint" });
  start = time.now();
  mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  expect(ran).toEqual([]);
  expect(await mr.jobs.get(id)).toMatchObject({ state: "scheduled", attempts: 0, snoozes: 1 });
  expect((await mr.explain(id))?.reasons[0]).toMatchObject({
    code: "limited",
    key: KEY,
    reason: "429 from the endpoint",
  });
  await time.advance(29_999);
  expect(ran).toEqual([]);
  await time.advance(3_001);
  expect(ran).toHaveLength(1);
  expect(ran[0]).toBeGreaterThanOrEqual(30_000);
  expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", attempts: 1, result: 1 });
  expect((await store.counters(["queue:default:default"]))["queue:default:default"]).toMatchObject({
    ran: 1,
  });
  expect(watch.calls.holds.length).toBeLessThan(10);
  await mr.close();
});

test("many jobs under held limits come back spread out, and cost one question a second", async () => {
  const ran: number[] = [];
  const job = timedJob(ran, () => time.now());
  const { mr, time, watch } = scene([job]);
  await mr.limits.hold(KEY, { for: "60s" });
  await mr.enqueueMany(
    job,
    Array.from({ length: 100 }, (_, index) => index),
  );
  const start = time.now();
  mr.worker({ concurrency: 100 });
  await time.advance(10_000);
  expect(watch.calls.holds.length).toBeLessThanOrEqual(11);
  await time.advance(57_000);
  expect(ran).toHaveLength(100);
  expect(new Set(ran).size).toBeGreaterThan(10);
  expect(Math.min(...ran) - start).toBeGreaterThanOrEqual(60_000);
  await mr.close();
});

test("a hold by one process stops the jobs of another within a second", async () => {
  const ran: number[] = [];
  const job = timedJob(ran, () => time.now());
  const { mr, time, store } = scene([job]);
  mr.worker();
  await mr.enqueue(job);
  await time.settle();
  expect(ran).toHaveLength(1);
  await store.hold([{ key: KEY, forMs: 20_000 }]);
  await time.advance(1_000);
  await mr.enqueue(job);
  await time.advance(10_000);
  expect(ran).toHaveLength(1);
  await time.advance(12_000);
  expect(ran).toHaveLength(2);
  await mr.close();
});

test("a long hold that is let go is noticed within five minutes", async () => {
  const ran: number[] = [];
  const job = timedJob(ran, () => time.now());
  const { mr, time } = scene([job]);
  await mr.limits.hold(KEY, { for: "1d" });
  mr.worker();
  await mr.enqueue(job);
  await time.settle();
  await mr.limits.release(KEY);
  await time.advance(311_000);
  expect(ran).toHaveLength(1);
  await mr.close();
});

test("where the store cannot say what is held, jobs go by what was known, and it is reported", async () => {
  const ran: number[] = [];
  const job = timedJob(ran, () => time.now());
  const { mr, time, watch, errors } = scene([job]);
  mr.worker();
  watch.before.holds = unreachable;
  await mr.enqueue(job);
  await time.settle();
  expect(ran).toHaveLength(1);
  expect(errors).toMatchObject([["limits", { code: "store-unreachable" }]]);
  await mr.close();
});

test("a handler holds a limit, snoozes and says why", async () => {
  const job = defineJob({
    name: "embed",
    limits: [KEY],
    run: async (_input, ctx) => {
      if ((await ctx.limits.left("seen")) !== undefined) return "done";
      await ctx.hold("seen", "1h", "once");
      await ctx.hold(KEY, "5s", "429");
      return ctx.snooze("5s", { limit: KEY, reason: "429" });
    },
  });
  const { mr, time } = scene([job]);
  const worker = mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  expect(await mr.limits.list()).toMatchObject([
    { key: KEY, reason: "429", by: worker.name },
    { key: "seen", reason: "once" },
  ]);
  expect((await mr.explain(id))?.reasons.map(({ code }) => code)).toEqual(["limited", "not-before"]);
  await mr.limits.release(KEY);
  expect((await mr.explain(id))?.reasons).toMatchObject([{ code: "snoozed", limit: KEY, reason: "429" }]);
  await time.advance(6_000);
  expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", result: "done", attempts: 1 });
  await mr.close();
});

test("a job that is stopped while its limits are asked for ends as any other", async () => {
  const ran: number[] = [];
  const job = timedJob(ran, () => time.now());
  const { mr, time, watch } = scene([job]);
  const asked = gate();
  watch.before.holds = () => asked.promise;
  mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  await mr.jobs.cancel(id);
  await time.advance(60_000);
  expect((await mr.jobs.get(id))?.state).toBe("cancelled");
  asked.open();
  await time.settle();
  expect(ran).toEqual([]);
  await mr.close();
});

test("a breaker holds its limit after failures in a row; what waits burns no attempt; one trial closes it", async () => {
  const ada = breaker(KEY, { failures: 3, openFor: "30s" });
  let isUp = false;
  let calls = 0;
  const job = defineJob({
    name: "embed",
    retry: { maxAttempts: 10, backoff: "fixed", initial: "1s", jitter: "none" },
    limits: [ada.key],
    run: (_input, ctx) =>
      ada.run(ctx, () => {
        calls += 1;
        if (!isUp) throw new Error("no route");
        return "vector";
      }),
  });
  const { mr, time } = scene([job]);
  mr.worker({ concurrency: 1 });
  const { ids } = await enqueueSome(() => mr.enqueue(job), 5);
  await time.advance(5_000);
  expect(calls).toBe(3);
  expect(await mr.limits.list()).toMatchObject([{ key: KEY, reason: "circuit open: no route" }]);
  await time.advance(34_000);
  expect(calls).toBe(4);
  expect(await mr.limits.list()).toHaveLength(1);
  isUp = true;
  await time.advance(60_000);
  const rows = await Promise.all(ids.map((id) => mr.jobs.get(id)));
  expect(rows.map((row) => row?.state)).toEqual(ids.map(() => "completed"));
  expect(rows.reduce((sum, row) => sum + (row?.attempts ?? 0), 0)).toBe(9);
  await mr.close();
});

test("an error that says when to come back holds the limit, and the job is put off", async () => {
  const ada = breaker(KEY);
  let calls = 0;
  const job = defineJob({
    name: "embed",
    retry: "none",
    limits: [ada.key],
    run: (_input, ctx) =>
      ada.run(ctx, () => {
        calls += 1;
        if (calls === 1) throw new RetryAfterError("20s", "429 Too Many Requests");
        return "vector";
      }),
  });
  const { mr, time } = scene([job]);
  mr.worker();
  const { id } = await mr.enqueue(job);
  await time.settle();
  expect((await mr.explain(id))?.reasons[0]).toMatchObject({
    code: "limited",
    reason: "429 Too Many Requests",
  });
  await time.advance(23_000);
  expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", attempts: 1, snoozes: 1 });
  await mr.close();
});

test("a trial that hangs until its time is over has failed, and another is made", async () => {
  const ada = breaker(KEY, { failures: 1, openFor: "10s" });
  let calls = 0;
  const job = defineJob({
    name: "embed",
    retry: "none",
    timeout: "5s",
    run: (_input, ctx) =>
      ada.run(ctx, () => {
        calls += 1;
        return calls < 3 ? new Promise<string>(() => undefined) : "vector";
      }),
  });
  const { mr, time } = scene([job]);
  mr.worker({ grace: "1s" });
  await enqueueSome(() => mr.enqueue(job), 3);
  await time.advance(60_000);
  expect(calls).toBeGreaterThanOrEqual(3);
  expect(await mr.limits.list()).toEqual([]);
  await mr.close();
});

test("a breaker's options are checked by name", () => {
  expect(() => breaker(KEY, { failures: 0 })).toThrow("breaker.failures");
  expect(() => breaker(KEY, { trials: 0.5 })).toThrow("breaker.trials");
  expect(() => breaker(KEY, { openFor: "soon" as "1s" })).toThrow("breaker.openFor");
});

/** Enqueues jobs one after the other. */
async function enqueueSome(enqueue: () => Promise<{ readonly id: JobId }>, count: number) {
  const ids: JobId[] = [];
  while (ids.length < count) ids.push((await enqueue()).id);
  return { ids };
}
