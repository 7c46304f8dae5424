import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { sealEnvelope } from "../model/envelope.ts";
import type { JobId, LeaseId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { Transaction } from "../store/call.ts";
import type { Store } from "../store/store.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

function child(name: string): NewJob {
  return {
    id: newId<JobId>(),
    queue: "default",
    name,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: sealEnvelope({ payload: null }),
  };
}

describe("leases", () => {
  test("of long jobs are extended, in one call for all, while they run", async () => {
    const held = gate();
    const job = defineJob({ name: "held", run: () => held.promise });
    const { mr, time, watch } = scene([job]);
    mr.worker({ lease: "15s" });
    for (let round = 0; round < 5; round += 1) {
      await mr.enqueue(job);
      await time.settle();
    }
    await time.advance(60_000);
    const extensions = watch.calls.extend.filter(([touches]) =>
      JSON.stringify(touches).includes('"dropped":false'),
    );
    expect(extensions.length).toBeGreaterThanOrEqual(9);
    expect(extensions.length).toBeLessThanOrEqual(14);
    expect(extensions[1]?.[0]).toHaveLength(5);
    held.open();
    await time.settle();
    const { rows } = await mr.jobs.list({ states: ["completed"] });
    expect(rows).toHaveLength(5);
    expect(rows.every((row) => row.rescues === 0)).toBe(true);
    await mr.close();
  });

  test("of settled jobs are dropped, and none is left at the end", async () => {
    const job = defineJob({ name: "quick", run: () => 1 });
    const { mr, time, watch } = scene([job]);
    const worker = mr.worker();
    await mr.enqueueMany(job, Array(500).fill(null));
    await time.advance(1_000);
    await worker.stop();
    const dropped = watch.calls.extend.flatMap(([touches]) => touches);
    const claims = watch.calls.claim.length;
    expect(dropped.filter((touch) => touch.dropped).length).toBeGreaterThanOrEqual(2);
    expect(dropped.length).toBeLessThanOrEqual(claims);
    await mr.close();
  });

  test("count as lost before the store's deadline when it cannot be reached, and nothing is settled", async () => {
    const reasons: unknown[] = [];
    const times: number[] = [];
    const job = defineJob({
      name: "held",
      run: (_input, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            reasons.push(signal.reason);
            times.push(time.now());
            resolve("late");
          }),
        ),
    });
    const { mr, time, watch, otherWorker } = scene([job]);
    mr.worker({ lease: "15s", sweep: "1d" });
    const claimedAt = time.now();
    const { id } = await mr.enqueue(job);
    await time.settle();
    watch.before.extend = unreachable;
    watch.before.claim = unreachable;
    await time.advance(13_900);
    expect(reasons).toEqual([]);
    await time.advance(200);
    expect(reasons[0]).toBeInstanceOf(LeaseLost);
    expect((times[0] ?? 0) - claimedAt).toBeLessThanOrEqual(14_000);
    expect(watch.calls.settle).toEqual([]);
    expect((await mr.jobs.get(id))?.state).toBe("running");
    const other = otherWorker({ lease: "15s" });
    await time.advance(3_000);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "running", rescues: 1, attempts: 0 });
    void other.stop();
    await other.stop();
    await mr.close();
  });

  test("a zombie's late save and settlement change nothing", async () => {
    const saves: unknown[] = [];
    const held = gate();
    let runs = 0;
    const job = defineJob({
      name: "zombie",
      run: async (_input, ctx) => {
        runs += 1;
        if (runs > 1) return "second";
        await held.promise;
        await ctx.save({ checkpoint: "zombie" }).catch((error: unknown) => saves.push(error));
        return "first";
      },
    });
    const { mr, time, store, watch } = scene([job]);
    const worker = mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    // The store's clock runs on while the worker notices nothing: another process takes the job over.
    const touches = watch.calls.claim.map(([, { lease }]) => ({ lease, dropped: true }));
    await store.extend(touches, { worker: worker.name, leaseMs: 1_000 });
    await time.advance(3_000);
    expect((await mr.jobs.get(id))?.result).toBe("second");
    held.open();
    await time.settle();
    expect(saves[0]).toBeInstanceOf(LeaseLost);
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "completed",
      result: "second",
      attempts: 1,
      rescues: 1,
    });
    await mr.close();
  });

  test("are not extended any more after the event loop was blocked for too long", async () => {
    const aborted: unknown[] = [];
    const held = gate();
    const job = defineJob({
      name: "blocks",
      run: (_input, { signal }) => {
        signal.addEventListener("abort", () => aborted.push(signal.reason));
        return held.promise;
      },
    });
    const { mr, time, errors } = scene([job]);
    mr.worker({ lease: "15s", maxBlock: "5s" });
    await mr.enqueue(job);
    await time.advance(500);
    await time.jump(4_000);
    expect(errors).toEqual([]);
    await time.advance(20_000);
    expect(aborted).toEqual([]);
    await time.jump(7_000);
    expect(String(errors[0]?.[1])).toMatch(/blocked for [67]\.\d s/);
    await time.advance(15_000);
    expect(aborted[0]).toBeInstanceOf(LeaseLost);
    held.open();
    await mr.close();
  });

  test("of a vanished worker are rescued: its jobs run elsewhere, one suspect at a time", async () => {
    let running = 0;
    let most = 0;
    const done: string[] = [];
    const job = defineJob({
      name: "j",
      run: async (_input, ctx) => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        done.push(ctx.job.id);
      },
    });
    const { mr, time, store } = scene([job]);
    await mr.enqueueMany(job, Array(20).fill(null));
    const wants = [{ queue: "default", max: 20, names: ["j"] }];
    await store.claim(wants, { worker: "gone", lease: newId<LeaseId>(), leaseMs: 15_000 });
    mr.worker();
    await time.advance(14_900);
    expect(done).toEqual([]);
    await time.advance(2_000);
    expect(new Set(done).size).toBe(20);
    expect(done).toHaveLength(20);
    expect(most).toBe(1);
    await mr.close();
  });
});

describe("the context", () => {
  test("a suspended parent runs again once its children have ended, without a poll", async () => {
    const trace: string[] = [];
    const childJob = defineJob({
      name: "child",
      run: (_input, ctx) => void trace.push(`child of ${ctx.job.parent}`),
    });
    const parent = defineJob({
      name: "parent",
      run: async (_input, ctx) => {
        if (ctx.checkpoint === "waiting") {
          trace.push("parent again");
          return { attempt: ctx.attempt };
        }
        await ctx.save({ spawn: [child("child"), child("child")], checkpoint: "spawned" });
        trace.push(`parent at ${ctx.checkpoint}`);
        return ctx.suspend({ spawn: [child("child")], checkpoint: "waiting", wakeAt: 0 });
      },
    });
    const { mr } = scene([parent, childJob]);
    mr.worker({ concurrency: 1 });
    const { id, result } = await mr.enqueue(parent);
    await expect(result()).resolves.toEqual({ attempt: 1 });
    expect(trace).toEqual(["parent at spawned", ...Array(3).fill(`child of ${id}`), "parent again"]);
    await mr.close();
  });

  test("numbers saves in order, shares their calls, and answers lost answers once", async () => {
    const job = defineJob({
      name: "saves",
      run: async (_input, ctx) => {
        await Promise.all([1, 2, 3].map((n) => ctx.save({ checkpoint: String(n) })));
        return ctx.checkpoint;
      },
    });
    const { mr, time, watch } = scene([job]);
    let lost = 1;
    watch.after.save = () => {
      lost -= 1;
      if (lost >= 0) unreachable();
    };
    const handles = await Promise.all([mr.enqueue(job), mr.enqueue(job)]);
    mr.worker();
    await time.advance(1_000);
    const calls = watch.calls.save.map(([writes]) => writes.map(({ write }) => write));
    expect(calls).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(watch.calls.settle[0]?.[0].map(({ write }) => write)).toEqual([4, 4]);
    await expect(handles[0]?.result()).resolves.toBe("3");
    await mr.close();
  });

  test("says what the job is, and can be taken apart", async () => {
    const job = defineJob({
      name: "seen",
      queue: "mail",
      priority: "high",
      run: async (
        input: { n: number },
        { job: info, attempt, fence, checkpoint, signal, draining, save, complete },
      ) => {
        await save({ checkpoint: "here" });
        return complete({
          info,
          attempt,
          fence,
          checkpoint: checkpoint ?? null,
          input,
          quiet: !signal.aborted && !draining.aborted,
        });
      },
    });
    const { mr } = scene([job]);
    mr.worker();
    const options = { tenant: "acme", tags: ["a"], correlationId: "c-1", submittedBy: "me" };
    const { id, result } = await mr.enqueue(job, { n: 1 }, options);
    const seen = await result();
    expect(seen).toMatchObject({
      info: {
        id,
        name: "seen",
        queue: "mail",
        priority: "high",
        tenant: "acme",
        tags: ["a"],
        correlationId: "c-1",
      },
      attempt: 1,
      checkpoint: null,
      input: { n: 1 },
      quiet: true,
    });
    await mr.close();
  });

  test("a settlement inside a transaction of the handler's is the job's only one", async () => {
    const transaction = {} as Transaction;
    const job = defineJob({
      name: "transactional",
      run: async (_input, ctx) => ctx.settle(ctx.complete({ in: "transaction" }), transaction),
    });
    const { mr, store, watch, errors } = scene([job]);
    const inTransaction: unknown[] = [];
    const settle: Store["settle"] = async (writes, options) => {
      inTransaction.push(options?.transaction);
      return store.settle(writes);
    };
    Object.assign(mr.store, { settle });
    mr.worker();
    const { result } = await mr.enqueue(job);
    await expect(result()).resolves.toEqual({ in: "transaction" });
    expect(inTransaction).toEqual([transaction]);
    expect(watch.calls.settle).toEqual([]);
    Object.assign(mr.store, { settle: async () => ["fenced"] });
    const fenced = await mr.enqueue(job);
    await expect.poll(() => mr.jobs.get(fenced.id)).toMatchObject({ state: "running", attempts: 0 });
    expect(errors).toEqual([]);
    await mr.close();
  });

  test("writes after the handler has ended are refused", async () => {
    const late: unknown[] = [];
    const leak = gate();
    const job = defineJob({
      name: "leaky",
      run: (_input, ctx) => {
        void leak.promise
          .then(() => ctx.save({ checkpoint: "late" }))
          .catch((error: unknown) => late.push(error));
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    await mr.enqueue(job);
    await time.settle();
    leak.open();
    await time.settle();
    expect(late[0]).toMatchObject({ code: "bad-usage" });
    await mr.close();
  });

  test("fifty concurrent enqueues share a store call", async () => {
    const job = defineJob({ name: "j" });
    const { mr, watch } = scene([job]);
    const handles = await Promise.all(Array.from({ length: 50 }, () => mr.enqueue(job)));
    expect(new Set(handles.map(({ id }) => id)).size).toBe(50);
    expect(watch.calls.enqueue).toHaveLength(1);
    await mr.close();
  });
});
