import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import type { Transaction } from "../store/call.ts";
import { JobCancelled } from "../worker/job-cancelled.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

/** Runs until its signal fires, then fails with the signal's reason. */
const heeding = defineJob({
  name: "heeding",
  run: (_input, { signal }) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
});

describe("cancelling a running job", () => {
  test("fires its signal within a poll, from a client that runs nothing", async () => {
    const { mr, time, store, otherWorker } = scene([heeding]);
    const worker = otherWorker({ heartbeat: "1s" });
    const job = await mr.enqueue(heeding);
    await time.advance(2_000);
    expect(worker.running).toBe(1);
    expect(await mr.jobs.cancel(job.id, { reason: "wrong model", by: "ann" })).toBe("cancelling");
    await time.advance(1_000);
    expect(worker.running).toBe(0);
    const record = await mr.jobs.get(job.id);
    expect(record).toMatchObject({ state: "cancelled", attempts: 1, result: null });
    expect(record?.error).toMatchObject({ class: "cancelled", message: "cancelled by ann: wrong model" });
    expect(record?.history.map(({ outcome }) => outcome)).toEqual(["dead", "cancelled"]);
    expect(record?.history[0]?.error).toMatchObject({ class: "cancelled", name: "JobCancelled" });
    expect((await store.counters(["queue:default:default"]))["queue:default:default"]).toEqual({
      cancelled: 1,
    });
    await worker.stop();
    await mr.close();
  });

  test("tells the handler why, and nobody else", async () => {
    const reasons = new Map<JobId, unknown>();
    const job = defineJob({
      name: "told",
      run: (_input, { signal, job: { id } }) =>
        new Promise<void>((resolve) =>
          signal.addEventListener("abort", () => {
            reasons.set(id, signal.reason);
            resolve();
          }),
        ),
    });
    const { mr, time, errors } = scene([job]);
    const worker = mr.worker();
    const [cancelled] = [await mr.enqueue(job), await mr.enqueue(job)];
    await time.advance(500);
    await cancelled.cancel("changed my mind");
    await time.advance(1_500);
    expect([...reasons.keys()]).toEqual([cancelled.id]);
    expect(reasons.get(cancelled.id)).toBeInstanceOf(JobCancelled);
    expect(String(reasons.get(cancelled.id))).toMatch(/was cancelled: changed my mind/);
    expect(worker.running).toBe(1);
    expect(errors).toEqual([]);
    void worker.stop();
    await worker.stop();
    await mr.close();
  });

  test("wins over a handler that returns or fails after it, and over its retries", async () => {
    const end = gate();
    let runs = 0;
    const job = defineJob({
      name: "late",
      retry: { maxAttempts: 5, initial: 0 },
      run: async (input: { fails: boolean }) => {
        runs += 1;
        await end.promise;
        if (input.fails) throw new Error("as ever");
        return "done";
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const handles = await Promise.all([true, false].map((fails) => mr.enqueue(job, { fails })));
    await time.settle();
    const ids = handles.map(({ id }) => id);
    expect(await mr.jobs.cancel(ids)).toEqual(["cancelling", "cancelling"]);
    end.open();
    const results = handles.map((handle) =>
      expect(handle.result()).rejects.toMatchObject({ code: "job-cancelled" }),
    );
    await time.advance(5_000);
    await Promise.all(results);
    for (const id of ids) expect(await mr.jobs.get(id)).toMatchObject({ state: "cancelled", result: null });
    expect(runs).toBe(2);
    await mr.close();
  });

  test("takes the slot of a handler that ignores its signal past the grace, and fences what it writes then", async () => {
    const end = gate();
    let late: unknown;
    const job = defineJob({
      name: "deaf",
      run: async (_input, ctx) => {
        await end.promise;
        await ctx.save({ checkpoint: "late" }).catch((error: unknown) => {
          late = error;
        });
      },
    });
    const { mr, time, errors } = scene([job]);
    const worker = mr.worker({ grace: "5s", heartbeat: "1s" });
    const handle = await mr.enqueue(job);
    await time.settle();
    await handle.cancel();
    await time.advance(5_900);
    expect(worker.running).toBe(1);
    await time.advance(200);
    expect(worker.running).toBe(0);
    expect(await mr.jobs.status(handle.id)).toBe("cancelled");
    expect(String(errors[0]?.[1])).toMatch(/ignores its signal/);
    end.open();
    await time.settle();
    expect(late).toBeInstanceOf(MillraceError);
    expect((await mr.store.find({ ids: [handle.id] }, { limit: 1 })).rows[0]?.checkpoint).toBeUndefined();
    await mr.close();
  });

  test("asks nothing while nothing is held, and goes on after trouble", async () => {
    const { mr, time, watch, errors } = scene([heeding]);
    mr.worker({ heartbeat: "1s" });
    await time.advance(5_000);
    expect(watch.calls.cancels).toHaveLength(0);
    const handle = await mr.enqueue(heeding);
    await time.advance(3_000);
    expect(watch.calls.cancels.length).toBeGreaterThanOrEqual(2);
    watch.before.cancels = unreachable;
    await handle.cancel();
    await time.advance(3_000);
    expect(await mr.jobs.status(handle.id)).toBe("running");
    expect(errors.some(([where]) => where === "cancels")).toBe(true);
    watch.before = {};
    await time.advance(6_000);
    expect(await mr.jobs.status(handle.id)).toBe("cancelled");
    await mr.close();
  });

  test("has a settlement inside a transaction throw, so that it rolls back, and settles outside", async () => {
    const transaction = {} as Transaction;
    let thrown: unknown;
    const job = defineJob({
      name: "transactional",
      run: async (_input, ctx) => {
        try {
          return await ctx.settle(ctx.complete("effects"), transaction);
        } catch (error) {
          thrown = error;
          throw error;
        }
      },
    });
    const { mr, time, store } = scene([job]);
    const settle = mr.store.settle;
    // The memory store has no transactions: this one answers as a store whose transaction is then rolled back.
    Object.assign(mr.store, {
      settle: async (...[settlements, options]: Parameters<typeof settle>) => {
        if (options?.transaction === undefined) return settle(settlements);
        await store.cancel(settlements.map(({ id }) => id));
        return ["applied-as-cancelled"];
      },
    });
    mr.worker();
    const handle = await mr.enqueue(job);
    await time.advance(1_000);
    expect(thrown).toBeInstanceOf(JobCancelled);
    expect(await mr.jobs.get(handle.id)).toMatchObject({ state: "cancelled", result: null });
    await mr.close();
  });
});

describe("cancelling what does not run", () => {
  test("ends it at once, wakes its parent here, and rejects who waits for its result", async () => {
    const { mr, time } = scene([heeding]);
    const handle = await mr.enqueue(heeding, undefined, { delay: "1h" });
    const result = expect(handle.result()).rejects.toMatchObject({
      code: "job-cancelled",
      details: { job: handle.id, state: "cancelled" },
    });
    await time.settle();
    expect(await handle.cancel("not needed")).toBe("cancelled");
    await result;
    expect(await mr.jobs.cancel([handle.id, "nonsense"])).toEqual(["already-finished", "not-found"]);
    expect(await mr.jobs.cancel("nonsense")).toBe("not-found");
    await mr.close();
  });
});

describe("cancelling a tree", () => {
  test("stops running and queued descendants by the sweep of another process", async () => {
    const parent = defineJob({ name: "parent", queue: "parents", run: () => undefined });
    const { mr, time, store, otherWorker } = scene([parent, heeding]);
    const root = await mr.enqueue(parent);
    const [held] = await store.claim([{ queue: "parents", max: 1, names: ["parent"] }], {
      worker: "test",
      lease: "00000000-0000-7000-8000-0000000000aa" as never, // a lease id in the right shape
      leaseMs: 1_000_000,
    });
    if (held === undefined) throw new Error("it was to be claimed");
    const spawn = [1, 2, 3].map((number) => ({
      id: `00000000-0000-7000-8000-00000000000${number}` as JobId, // an id in the right shape
      queue: "default",
      name: "heeding",
      tenant: "",
      priority: "default" as const,
      delayMs: number === 3 ? 1_000_000 : 0,
      maxRescues: 3,
      envelope: '0{"payload":null}',
    }));
    const { id, token } = held;
    await store.settle([
      { id, token, write: 1, spawn, outcome: { kind: "suspended", wakeAt: 0 }, record: "{}" },
    ]);
    const worker = otherWorker({ queues: ["default"], sweep: "1s", heartbeat: "1s" });
    await time.advance(500);
    expect(worker.running).toBe(2);
    expect(await root.cancel()).toBe("cancelled");
    await time.advance(2_500);
    expect(worker.running).toBe(0);
    for (const child of spawn) expect(await mr.jobs.status(child.id)).toBe("cancelled");
    await worker.stop();
    await mr.close();
  });
});
