import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { EnqueueOptions } from "../client/new-job.ts";
import { ClassedError, UnrecoverableError } from "../model/errors.ts";
import { scene } from "./scene.fixture.ts";

describe("failing jobs", () => {
  async function failed(error: unknown, options: EnqueueOptions = {}) {
    let attempts = 0;
    const job = defineJob({
      name: "fail",
      retry: { maxAttempts: 3, initial: "1s", multiplier: 2, max: "1m", jitter: "none" },
      run: () => {
        attempts += 1;
        throw error;
      },
    });
    const { mr, time, errors } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job, undefined, options);
    await time.settle();
    const first = await mr.jobs.get(id);
    await time.advance(20_000);
    const last = await mr.jobs.get(id);
    await mr.close();
    expect(errors).toEqual([]);
    return { first, last, attempts };
  }

  test("are tried again as the policy says, then dead with their history", async () => {
    const { first, last, attempts } = await failed(new Error("disk 7 is on fire"));
    expect(first).toMatchObject({ state: "retrying", attempts: 1 });
    expect(Date.parse(first?.runAt ?? "") - Date.parse(first?.createdAt ?? "")).toBe(1_000);
    expect(attempts).toBe(3);
    expect(last).toMatchObject({
      state: "dead",
      attempts: 3,
      maxAttempts: 3,
      error: { class: "processing" },
    });
    expect(last?.history.map((each) => each.outcome)).toEqual(["retry", "retry", "dead"]);
    expect(last?.history.map((each) => each.error?.message)).toEqual(Array(3).fill("disk 7 is on fire"));
    expect(new Set(last?.history.map((each) => each.error?.fingerprint)).size).toBe(1);
  });

  test("go straight to dead where no retry can help", async () => {
    expect(await failed(new UnrecoverableError("never"))).toMatchObject({
      attempts: 1,
      first: { state: "dead" },
    });
    const encrypted = await failed(new ClassedError("validation", "encrypted", "locked"));
    expect(encrypted).toMatchObject({
      attempts: 1,
      first: { state: "dead", error: { class: "validation", reason: "encrypted" } },
    });
  });

  test("follow their own policy before the definition's", async () => {
    expect(await failed(new Error("x"), { maxAttempts: 1 })).toMatchObject({ attempts: 1 });
    expect(await failed("not an error", { retry: "none" })).toMatchObject({
      attempts: 1,
      last: { error: { message: "not an error", name: "string" } },
    });
  });

  test("that throw something hostile are dead like others", async () => {
    expect(await failed(Object.create(null), { maxAttempts: 1 })).toMatchObject({ first: { state: "dead" } });
  });

  test("reject whoever waits for the result", async () => {
    const job = defineJob({
      name: "fail",
      retry: "none",
      run: () => {
        throw new Error("no luck");
      },
    });
    const { mr } = scene([job]);
    mr.worker();
    const handle = await mr.enqueue(job);
    await expect(handle.result()).rejects.toMatchObject({
      code: "job-failed",
      message: /dead: Error: no luck/,
    });
    await mr.close();
  });

  test("a result that JSON cannot hold, or too large a one, fails alone", async () => {
    const results = [1n, new Date(0), "x".repeat(1_100_000), { fine: true }];
    const job = defineJob({ name: "result", run: async (input: { n: number }) => results[input.n] });
    const { mr, time, watch, errors } = scene([job]);
    const handles = await Promise.all(results.map((_, n) => mr.enqueue(job, { n })));
    mr.worker();
    await time.settle();
    const records = await Promise.all(handles.map(({ id }) => mr.jobs.get(id)));
    expect(records.map((record) => record?.state)).toEqual(["dead", "dead", "dead", "completed"]);
    expect(records[0]?.error).toMatchObject({ class: "validation", reason: "bad-result" });
    expect(watch.calls.settle).toHaveLength(1);
    expect(errors).toEqual([]);
    await mr.close();
  });

  test("a settlement that the store refuses makes that job dead, and no other", async () => {
    const job = defineJob({
      name: "counters",
      run: (input: { bad: boolean }, ctx) => ctx.complete(1, input.bad ? { counters: { stepless: 1 } } : {}),
    });
    const { mr, time, errors } = scene([job]);
    const handles = await Promise.all([true, false].map((bad) => mr.enqueue(job, { bad })));
    mr.worker();
    await time.settle();
    const states = await Promise.all(handles.map(async ({ id }) => (await mr.jobs.get(id))?.state));
    expect(states).toEqual(["dead", "completed"]);
    expect(errors.map(([where]) => where)).toEqual(["settle", "settle"]);
    await mr.close();
  });
});

describe("timeouts", () => {
  test("abort the signal and fail the attempt with class timeout", async () => {
    const reasons: unknown[] = [];
    const job = defineJob({
      name: "slow",
      timeout: "2s",
      retry: "none",
      run: (_input, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.advance(1_900);
    expect((await mr.jobs.get(id))?.state).toBe("running");
    await time.advance(200);
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "dead",
      error: { class: "timeout", name: "TimeoutError" },
    });
    expect(reasons).toEqual([]);
    await mr.close();
  });

  test("a handler that ignores its signal loses its slot past the grace, and is reported", async () => {
    const job = defineJob({
      name: "deaf",
      timeout: "2s",
      retry: "none",
      run: () => new Promise(() => undefined),
    });
    const { mr, time, errors } = scene([job]);
    const worker = mr.worker({ concurrency: 1, grace: "3s" });
    const { id } = await mr.enqueue(job);
    await time.advance(4_000);
    expect(worker.running).toBe(1);
    await time.advance(1_500);
    expect(worker.running).toBe(0);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", error: { class: "timeout" } });
    expect(String(errors[0]?.[1])).toMatch(/ignores its signal/);
    await mr.close();
  });

  test("leave no timer behind when the handler is in time", async () => {
    const job = defineJob({ name: "quick", timeout: "10m", run: () => 1 });
    const { mr, time } = scene([job]);
    const worker = mr.worker();
    await mr.enqueueMany(job, Array(100).fill(null));
    await time.settle();
    await worker.stop();
    expect(time.pending).toBe(0);
    await mr.close();
  });
});
