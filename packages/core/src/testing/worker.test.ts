import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { EnqueueOptions } from "../client/new-job.ts";
import { sealEnvelope } from "../model/envelope.ts";
import { ClassedError, UnrecoverableError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

function newRow(name: string, fields: Partial<NewJob> = {}): NewJob {
  const base = { queue: "default", tenant: "", priority: "default", delayMs: 0, maxRescues: 3 } as const;
  return { ...base, id: newId<JobId>(), name, envelope: sealEnvelope({ payload: null }), ...fields };
}

describe("running jobs", () => {
  test("ten thousand jobs run once each, in groups", async () => {
    const seen: number[] = [];
    const job = defineJob({ name: "count", run: async (input: { n: number }) => void seen.push(input.n) });
    const { mr, time, watch, store } = scene([job]);
    await mr.enqueueMany(
      job,
      Array.from({ length: 10_000 }, (_, n) => ({ n })),
    );
    const worker = mr.worker({ concurrency: 100 });
    while (seen.length < 10_000) await time.settle();
    await worker.stop();
    expect(new Set(seen).size).toBe(10_000);
    expect(seen).toHaveLength(10_000);
    expect(watch.calls.enqueue).toHaveLength(10);
    expect(watch.calls.settle.length).toBeLessThanOrEqual(400);
    expect(watch.calls.claim.length).toBeLessThanOrEqual(110);
    const counters = await store.counters(["queue:default:default"]);
    expect(counters["queue:default:default"]).toEqual({ completed: 10_000, ran: 10_000 });
    await mr.close();
  });

  test("no more run at once than the worker and each queue allow", async () => {
    let now = 0;
    let most = 0;
    let ended = 0;
    const running: Record<string, number> = { a: 0, b: 0 };
    const mostOf: Record<string, number> = { a: 0, b: 0 };
    const hold = async (queue: string) => {
      now += 1;
      running[queue] = (running[queue] ?? 0) + 1;
      most = Math.max(most, now);
      mostOf[queue] = Math.max(mostOf[queue] ?? 0, running[queue] ?? 0);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      ended += 1;
      running[queue] = (running[queue] ?? 0) - 1;
    };
    const a = defineJob({ name: "a", queue: "a", run: () => hold("a") });
    const b = defineJob({ name: "b", queue: "b", run: () => hold("b") });
    const { mr, time } = scene([a, b]);
    await mr.enqueueMany(a, Array(200).fill(0));
    await mr.enqueueMany(b, Array(200).fill(0));
    mr.worker({ queues: { a: 3, b: 20 }, concurrency: 10 });
    while (ended < 400) await time.settle();
    expect(mostOf.a).toBe(3);
    expect(most).toBe(10);
    await mr.close();
  });

  test("a worker with fewer slots than queues serves them all", async () => {
    const seen: string[] = [];
    const jobs = ["a", "b", "c"].map((queue) =>
      defineJob({ name: queue, queue, run: () => void seen.push(queue) }),
    );
    const { mr, time } = scene(jobs);
    const worker = mr.worker({ concurrency: 1 });
    await time.advance(5_000);
    for (const job of jobs) await mr.enqueue(job);
    await time.settle();
    expect(seen.toSorted()).toEqual(["a", "b", "c"]);
    await worker.stop();
    await mr.close();
  });

  test("a result comes back; a local enqueue needs no poll", async () => {
    const job = defineJob({ name: "double", run: async (input: { n: number }) => ({ twice: input.n * 2 }) });
    const { mr, time } = scene([job]);
    mr.worker();
    await time.advance(10_000);
    const handle = await mr.enqueue(job, { n: 21 });
    await expect(handle.result()).resolves.toEqual({ twice: 42 });
    await mr.close();
  });

  test("an idle worker polls, ever less often, and finds what others enqueued", async () => {
    let ran = 0;
    const job = defineJob({
      name: "idle",
      run: () => {
        ran += 1;
      },
    });
    const { mr, time, watch, store } = scene([job]);
    mr.worker();
    await time.advance(10_000);
    const before = watch.calls.claim.length;
    await time.advance(10_000);
    expect(watch.calls.claim.length - before).toBeLessThanOrEqual(20); // a claim and a look for suspects a second
    await store.enqueue([newRow("idle")]);
    await time.advance(1_000);
    expect(ran).toBe(1);
    await mr.close();
  });

  test("what this process delays or retries runs when it falls due, between two polls", async () => {
    const ran: number[] = [];
    const job = defineJob({
      name: "due",
      retry: { initial: "330ms", jitter: "none" },
      run: (_input, { attempt }) => {
        ran.push(time.now() - start);
        if (attempt === 1) throw new Error("once");
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    await time.advance(5_000);
    const start = time.now();
    await mr.enqueue(job, undefined, { delay: "130ms" });
    await time.advance(1_000);
    expect(ran).toEqual([130, 460]);
    await mr.close();
  });

  test("jobs of names without a handler stay", async () => {
    const known = defineJob({ name: "known", run: () => 1 });
    const contract = defineJob({ name: "contract" });
    const { mr, time } = scene([known, contract]);
    mr.worker();
    const handle = await mr.enqueue(contract);
    await time.advance(5_000);
    expect((await mr.jobs.get(handle.id))?.state).toBe("ready");
    await mr.close();
  });
});

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

describe("stopping", () => {
  test("lets handlers finish, claims nothing more", async () => {
    const held = gate();
    const job = defineJob({ name: "held", run: () => held.promise });
    const { mr, time } = scene([job]);
    const worker = mr.worker({ concurrency: 1 });
    const first = await mr.enqueue(job);
    await time.settle();
    const second = await mr.enqueue(job);
    const stopped = worker.stop();
    await time.advance(5_000);
    held.open();
    await stopped;
    expect((await mr.jobs.get(first.id))?.state).toBe("completed");
    expect((await mr.jobs.get(second.id))?.state).toBe("ready");
    expect(time.pending).toBe(0);
    await mr.close();
  });

  test("tells long handlers first that it drains, and releases what gives way", async () => {
    const job = defineJob({
      name: "long",
      run: (_input, ctx) =>
        new Promise<never>((_, reject) =>
          ctx.draining.addEventListener("abort", () => reject(ctx.release())),
        ),
    });
    const { mr, time } = scene([job]);
    const worker = mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    await worker.stop();
    expect(await mr.jobs.get(id)).toMatchObject({ state: "ready", attempts: 0, interruptions: 1 });
    await mr.close();
  });

  test("aborts what runs past the drain and gives it back, even if it never ends", async () => {
    const job = defineJob({
      name: "long",
      run: (input: { deaf: boolean }, { signal }) =>
        new Promise<never>((_, reject) => {
          if (!input.deaf) signal.addEventListener("abort", () => reject(new Error("stopped")));
        }),
    });
    const { mr, time } = scene([job]);
    const worker = mr.worker({ drain: "30s", grace: "5s" });
    const handles = await Promise.all([true, false].map((deaf) => mr.enqueue(job, { deaf })));
    await time.settle();
    let isStopped = false;
    const stopped = worker.stop().then(() => {
      isStopped = true;
    });
    await time.advance(29_000);
    expect(worker.running).toBe(2);
    await time.advance(1_500);
    expect(worker.running).toBe(1);
    expect(isStopped).toBe(false);
    await time.advance(5_000);
    await stopped;
    for (const { id } of handles) {
      expect(await mr.jobs.get(id)).toMatchObject({ state: "ready", attempts: 0, interruptions: 1 });
    }
    await mr.close();
  });

  test("a second call waits no more", async () => {
    const job = defineJob({
      name: "long",
      run: (_input, { signal }) =>
        new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const { mr, time } = scene([job]);
    const worker = mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    const stopped = worker.stop();
    await time.advance(1_000);
    expect(worker.running).toBe(1);
    void worker.stop();
    await stopped;
    expect(await mr.jobs.get(id)).toMatchObject({ state: "ready", interruptions: 1 });
    await mr.close();
  });

  test("a claim answered while stopping gives its jobs back unstarted", async () => {
    let ran = 0;
    const job = defineJob({
      name: "late",
      run: () => {
        ran += 1;
      },
    });
    const { mr, time, watch } = scene([job]);
    await mr.enqueueMany(job, Array(10).fill(null));
    const answer = gate();
    watch.after.claim = () => answer.promise;
    const worker = mr.worker();
    await time.settle();
    const stopped = worker.stop();
    await time.settle();
    watch.after = {};
    answer.open();
    await stopped;
    expect(ran).toBe(0);
    const { rows } = await mr.jobs.list({ states: ["ready"] });
    expect(rows).toHaveLength(10);
    expect(rows.every((row) => row.interruptions === 0)).toBe(true);
    await mr.close();
  });

  test("before the store could be opened ends all the same", async () => {
    const job = defineJob({ name: "x", run: () => 1 });
    const { mr, time, store, errors } = scene([job]);
    Object.assign(mr.store, { open: async () => unreachable() });
    const worker = mr.worker();
    await time.advance(10_000);
    expect(errors.length).toBeGreaterThan(2);
    await worker.stop();
    expect(store.capabilities.multiProcess).toBe(false);
    await mr.close();
  });
});

describe("a store in trouble", () => {
  test("claims go on when it recovers", async () => {
    let ran = 0;
    const job = defineJob({
      name: "j",
      run: () => {
        ran += 1;
      },
    });
    const { mr, time, watch, errors } = scene([job]);
    mr.worker();
    await time.settle();
    for (const verb of ["claim", "settle", "extend", "rescue", "fold"] as const)
      watch.before[verb] = unreachable;
    await mr.enqueueMany(job, Array(10).fill(null));
    const before = watch.calls.claim.length;
    await time.advance(10_000);
    expect(watch.calls.claim.length - before).toBeLessThan(15); // backs off
    expect(errors.length).toBeGreaterThan(0);
    watch.before = {};
    await time.advance(6_000);
    expect(ran).toBe(10);
    expect((await mr.jobs.list({ states: ["completed"] })).rows).toHaveLength(10);
    await mr.close();
  });

  test("a settlement whose answer was lost is sent again under the same number, and counts once", async () => {
    const job = defineJob({ name: "j", run: () => 1 });
    const { mr, time, watch } = scene([job]);
    let lost = 2;
    watch.after.settle = () => {
      lost -= 1;
      if (lost >= 0) unreachable();
    };
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.advance(1_000);
    expect(watch.calls.settle).toHaveLength(3);
    expect(watch.calls.settle[1]).toEqual(watch.calls.settle[0]);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", attempts: 1 });
    await mr.close();
  });

  test("an enqueue whose answer was lost is sent again under the same ids", async () => {
    const job = defineJob({ name: "j" });
    const { mr, time, watch } = scene([job]);
    let lost = 1;
    watch.after.enqueue = () => {
      lost -= 1;
      if (lost >= 0) unreachable();
    };
    const enqueued = mr.enqueue(job);
    await time.advance(1_000);
    await enqueued;
    expect(watch.calls.enqueue).toHaveLength(2);
    expect((await mr.jobs.list()).rows).toHaveLength(1);
    watch.before.enqueue = unreachable;
    const refused = expect(mr.enqueue(job)).rejects.toMatchObject({ code: "store-unreachable" });
    await time.advance(10_000);
    await refused;
    await mr.close();
  });
});
