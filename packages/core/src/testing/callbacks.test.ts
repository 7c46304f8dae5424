import { describe, expect, expectTypeOf, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { FailedJob } from "../job/callbacks.ts";
import type { JobInfo } from "../job/context.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import { UnrecoverableError } from "../model/errors.ts";
import type { Transaction } from "../store/call.ts";
import { scene, unreachable } from "./scene.fixture.ts";
import { VirtualTime } from "./virtual-time.ts";

describe("a definition's callbacks", () => {
  test("complete gets the result, and the job as its handler saw it", async () => {
    const told: [number, JobInfo][] = [];
    const job = defineJob({
      name: "double",
      run: (input: { n: number }) => input.n * 2,
      on: { complete: (result, of) => told.push([result, of]) },
    });
    const { mr, time } = scene([job]);
    const { id } = await mr.enqueue(job, { n: 21 }, { tags: ["a"], tenant: "acme" });
    mr.worker();
    await time.advance(1_000);
    expect(told).toEqual([
      [42, expect.objectContaining({ id, name: "double", tags: ["a"], tenant: "acme" })],
    ]);
    await mr.close();
  });

  test("error gets each failed attempt, and whether there will be another", async () => {
    const told: [string, FailedJob][] = [];
    let completed = 0;
    const job = defineJob({
      name: "flaky",
      retry: { maxAttempts: 3, initial: 10 },
      run: (input: { hopeless: boolean }, ctx) => {
        if (input.hopeless) throw new UnrecoverableError("never");
        if (ctx.attempt < 3) throw new Error(`attempt ${ctx.attempt}`);
      },
      on: {
        complete: () => {
          completed += 1;
        },
        error: (error, of) => told.push([(error as Error).message, of]),
      },
    });
    const { mr, time } = scene([job]);
    await mr.enqueue(job, { hopeless: false });
    mr.worker();
    await time.advance(5_000);
    await mr.enqueue(job, { hopeless: true });
    await time.advance(5_000);
    expect(told.map(([message, { attempt, willRetry }]) => [message, attempt, willRetry])).toEqual([
      ["attempt 1", 1, true],
      ["attempt 2", 2, true],
      ["never", 1, false],
    ]);
    expect(completed).toBe(1);
    await mr.close();
  });

  test("are called once the store has applied what they tell, not before", async () => {
    let told = 0;
    const job = defineJob({
      name: "later",
      run: () => "done",
      on: {
        complete: () => {
          told += 1;
        },
      },
    });
    const { mr, time, watch, store } = scene([job]);
    const { id } = await mr.enqueue(job);
    watch.before.settle = unreachable;
    mr.worker();
    await time.advance(1_000);
    expect(told).toBe(0);
    watch.before = {};
    await time.advance(10_000);
    expect((await store.find({ ids: [id] }, { limit: 1 })).rows[0]?.state).toBe("completed");
    expect(told).toBe(1);
    await mr.close();
  });

  test("are called once where an answer was lost and the settlement sent again", async () => {
    const told: number[] = [];
    const job = defineJob({ name: "again", run: () => 1, on: { complete: (one) => told.push(one) } });
    const { mr, time, watch } = scene([job]);
    await mr.enqueue(job);
    let losses = 0;
    watch.after.settle = () => {
      losses += 1;
      if (losses === 1) unreachable();
    };
    mr.worker();
    await time.advance(10_000);
    expect(losses).toBe(2);
    expect(told).toEqual([1]);
    await mr.close();
  });

  test("are not called for an attempt that lost its lease", async () => {
    const told: number[] = [];
    const job = defineJob({ name: "lost", run: () => 1, on: { complete: (one) => told.push(one) } });
    const { mr, time, watch } = scene([job]);
    await mr.enqueue(job);
    watch.before.settle = unreachable;
    mr.worker({ lease: 1_000 });
    await time.advance(900);
    watch.before.extend = unreachable;
    await time.advance(60_000);
    expect(told).toEqual([]);
    await mr.close();
  });

  test("progress gets the latest word of what was written, while the job runs and with its end", async () => {
    const told: [number | null, unknown, string][] = [];
    const job = defineJob({
      name: "long",
      run: async (_: unknown, ctx) => {
        for (let done = 1; done <= 4; done += 1) {
          ctx.progress({ done, total: 4, details: { done } });
          if (done % 2 === 0) await slept();
        }
      },
      on: { progress: ({ percent, details }, of) => told.push([percent, details, of.id]) },
    });
    const { mr, time } = scene([job]);
    const slept = () => new Promise<void>((resolve) => void time.after(600, resolve));
    const { id } = await mr.enqueue(job);
    mr.worker();
    await time.advance(500);
    expect(told).toEqual([[50, { done: 2 }, id]]);
    await time.advance(10_000);
    expect(told).toEqual([
      [50, { done: 2 }, id],
      [100, { done: 4 }, id],
    ]);
    await mr.close();
  });

  test("progress told just before the end comes before the end, once, and not before the store has it", async () => {
    const told: unknown[] = [];
    const job = defineJob({
      name: "short",
      run: (_: unknown, ctx) => ctx.progress(100),
      on: { progress: ({ percent }) => told.push(percent), complete: () => told.push("complete") },
    });
    const { mr, time, watch } = scene([job]);
    await mr.enqueue(job);
    watch.before.settle = unreachable;
    mr.worker();
    await time.advance(1_000);
    expect(told).toEqual([]);
    watch.before = {};
    await time.advance(10_000);
    expect(told).toEqual([100, "complete"]);
    await mr.close();
  });

  test("progress the store has not taken is not told", async () => {
    const told: unknown[] = [];
    const job = defineJob({
      name: "lost",
      run: (_: unknown, ctx) => ctx.progress(100),
      on: { progress: ({ percent }) => told.push(percent) },
    });
    const { mr, time, watch } = scene([job]);
    await mr.enqueue(job);
    watch.before.settle = unreachable;
    mr.worker({ lease: 1_000 });
    await time.advance(900);
    watch.before.extend = unreachable;
    await time.advance(60_000);
    expect(told).toEqual([]);
    await mr.close();
  });

  test("are not called for a job that was cancelled while it ran, whatever its handler then did", async () => {
    const told: unknown[] = [];
    const on = {
      complete: (result: unknown) => told.push(["complete", result]),
      error: (error: unknown) => told.push(["error", error]),
    };
    const finishing = defineJob({
      name: "finishing",
      run: async (_input, { job }) => {
        await mr.jobs.cancel(job.id);
        return 1;
      },
      on,
    });
    const failing = defineJob({
      name: "failing",
      run: async (_input, { job }) => {
        await mr.jobs.cancel(job.id);
        throw new Error("failed");
      },
      on,
    });
    const { mr, time } = scene([finishing, failing]);
    const jobs = [await mr.enqueue(finishing), await mr.enqueue(failing)];
    mr.worker();
    await time.advance(10_000);
    for (const { id } of jobs) expect(await mr.jobs.get(id)).toMatchObject({ state: "cancelled" });
    expect(told).toEqual([]);
    await mr.close();
  });

  test("that throw or reject are reported and change nothing", async () => {
    const thrower = defineJob({
      name: "thrower",
      run: () => "kept",
      on: {
        complete: () => {
          throw new Error("thrown");
        },
      },
    });
    const rejecter = defineJob({
      name: "rejecter",
      retry: "none",
      run: () => {
        throw new Error("failed");
      },
      on: { error: () => Promise.reject(new Error("rejected")) },
    });
    const { mr, time, errors } = scene([thrower, rejecter]);
    const kept = await mr.enqueue(thrower);
    const failed = await mr.enqueue(rejecter);
    mr.worker();
    await time.advance(1_000);
    await expect(kept.result()).resolves.toBe("kept");
    expect(await mr.jobs.get(failed.id)).toMatchObject({ state: "dead", attempts: 1 });
    expect(errors.map(([where, error]) => [where, (error as Error).message]).toSorted()).toEqual([
      ["on", "rejected"],
      ["on", "thrown"],
    ]);
    await mr.close();
  });

  test("hear of attempts settled inside a transaction too", async () => {
    const time = new VirtualTime();
    const inner = memoryStore({ now: () => time.now() });
    const store = { ...inner, settle: (all: Parameters<typeof inner.settle>[0]) => inner.settle(all) };
    const told: unknown[] = [];
    const job = defineJob({
      name: "inside",
      run: async (_: unknown, ctx) => {
        ctx.progress(100);
        return ctx.settle(ctx.complete({ ok: true }), {} as Transaction); // this store takes any
      },
      on: { progress: ({ percent }) => told.push(percent), complete: (result) => told.push(result) },
    });
    const mr = createMillrace({ store, jobs: [job], timing: time });
    await mr.enqueue(job);
    mr.worker();
    await time.advance(1_000);
    expect(told).toEqual([100, { ok: true }]);
    await mr.close();
  });

  test("have the types of what runs", () => {
    defineJob({
      name: "typed",
      run: async (input: { n: number }) => ({ twice: input.n * 2 }),
      on: {
        complete: (result, job) => {
          expectTypeOf(result).toEqualTypeOf<{ twice: number }>();
          expectTypeOf(job).toEqualTypeOf<JobInfo>();
        },
        error: (_, job) => expectTypeOf(job.willRetry).toEqualTypeOf<boolean>(),
      },
    });
    // @ts-expect-error no such callback
    expect(() => defineJob({ name: "typed", on: { finished: () => undefined } })).toThrow("finished");
    // @ts-expect-error a callback is a function
    expect(() => defineJob({ name: "typed", on: { complete: "yes" } })).toThrow("on.complete");
  });
});
