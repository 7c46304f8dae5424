import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { sealEnvelope } from "../model/envelope.ts";
import type { JobId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { Transaction } from "../store/call.ts";
import type { Store } from "../store/store.ts";
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
