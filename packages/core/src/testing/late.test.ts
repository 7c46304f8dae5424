import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { Control } from "../job/control.ts";
import type { Transaction } from "../store/call.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

describe("a signal asked for late", () => {
  test("has been aborted already where the job was cancelled before", async () => {
    const held = gate();
    const seen: unknown[] = [];
    const job = defineJob({
      name: "j",
      run: async (_input, ctx) => {
        await held.promise;
        seen.push(ctx.signal.aborted, String(ctx.signal.reason));
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    await mr.jobs.cancel(id, { reason: "no longer wanted" });
    await time.advance(2_000);
    held.open();
    await time.settle();
    expect(seen[0]).toBe(true);
    expect(seen[1]).toContain("no longer wanted");
    await mr.close();
  });

  test("says that the worker drains, where it does", async () => {
    const held = gate();
    const seen: unknown[] = [];
    const job = defineJob({
      name: "j",
      run: async (_input, ctx) => {
        await held.promise;
        const first = ctx.draining;
        seen.push(first.aborted, ctx.draining === first);
      },
    });
    const { mr, time } = scene([job]);
    const worker = mr.worker();
    await mr.enqueue(job);
    await time.settle();
    const stopped = worker.stop();
    held.open();
    await stopped;
    expect(seen).toEqual([true, true]);
    await mr.close();
  });
});

describe("a handler that goes on too long", () => {
  test("cannot add a child any more once it has ended", async () => {
    const refused: unknown[] = [];
    const leak = gate();
    const child = defineJob({ name: "child", run: () => 1 });
    const job = defineJob({
      name: "j",
      run: (_input, ctx) => {
        void leak.promise.then(() => ctx.enqueueChild(child)).catch((error: unknown) => refused.push(error));
      },
    });
    const { mr, time } = scene([job, child]);
    mr.worker();
    await mr.enqueue(job);
    await time.settle();
    leak.open();
    await time.settle();
    expect(refused[0]).toMatchObject({ code: "bad-usage" });
    await mr.close();
  });

  test("whose lease is lost after its time was over writes nothing", async () => {
    const refused: unknown[] = [];
    const held = gate();
    const job = defineJob({
      name: "j",
      timeout: "5s",
      run: async (_input, ctx) => {
        await held.promise;
        await ctx.save({ checkpoint: "late" }).catch((error: unknown) => refused.push(error));
      },
    });
    const { mr, time, store, watch } = scene([job]);
    mr.worker({ lease: "15s", grace: "1h", sweep: "1d" });
    const { id } = await mr.enqueue(job);
    await time.settle();
    watch.before.extend = unreachable;
    await time.advance(15_000);
    held.open();
    await time.settle();
    expect(refused[0]).toBeInstanceOf(LeaseLost);
    expect(watch.calls.settle).toEqual([]);
    const [row] = (await store.find({ ids: [id] }, { limit: 1 })).rows;
    expect(row).toMatchObject({ state: "running", attempts: 0 });
    expect(row?.checkpoint).toBeUndefined();
    await mr.close();
  });
});

test("what is said just before the lease is lost is not written, and nobody goes on trying", async () => {
  const says = gate();
  const ends = gate();
  const job = defineJob({
    name: "j",
    run: async (_input: unknown, ctx) => {
      await says.promise;
      ctx.log("just before");
      await ends.promise;
    },
  });
  const { mr, time, watch } = scene([job]);
  const worker = mr.worker({ lease: "15s", sweep: "1d", grace: "1h" });
  await mr.enqueue(job);
  await time.settle();
  watch.before.extend = unreachable;
  await time.advance(13_800);
  says.open();
  await time.advance(60_000); // would never end if the write were tried at once again and again
  expect(worker.running).toBe(1);
  ends.open();
  await time.settle();
  expect(watch.calls.save).toEqual([]);
  expect(watch.calls.settle).toEqual([]);
  watch.before = {};
  await mr.close();
});

test("endings sent again leave out those whose lease is lost meanwhile, and no others", async () => {
  const gates = [gate(), gate()];
  const job = defineJob({ name: "j", run: (index: number) => gates[index]?.promise });
  const { mr, time, watch } = scene([job]);
  mr.worker({ lease: "15s", sweep: "1d" });
  const first = await mr.enqueue(job, 0);
  await time.settle();
  watch.before.extend = unreachable;
  await time.advance(10_000);
  const second = await mr.enqueue(job, 1);
  await time.settle();
  watch.before.settle = unreachable;
  for (const { open } of gates) open();
  await time.advance(4_500);
  watch.before.settle = () => undefined;
  await time.advance(5_000);
  expect(watch.calls.settle[0]?.[0]).toHaveLength(2);
  expect(watch.calls.settle.at(-1)?.[0]).toHaveLength(1);
  expect(await mr.jobs.get(first.id)).toMatchObject({ state: "running" });
  expect(await mr.jobs.get(second.id)).toMatchObject({ state: "completed" });
  await mr.close();
});

describe("a save", () => {
  test("waits for the reports on their way, and for children whose input is being checked", async () => {
    const checked = gate();
    const flushed = gate();
    const input = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: async (value: unknown) => {
          await checked.promise;
          return { value };
        },
      },
    };
    const child = defineJob({ name: "child", input, run: () => 1 });
    const job = defineJob({
      name: "j",
      run: async (_input, ctx) => {
        ctx.progress(0.5);
        await flushed.promise;
        ctx.enqueueChild(child, 1);
        await ctx.save({ checkpoint: "saved" });
      },
    });
    const { mr, time, watch } = scene([job, child]);
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    const answer = gate();
    watch.after.save = () => answer.promise;
    await time.advance(5_000);
    flushed.open();
    await time.settle();
    answer.open();
    checked.open();
    await time.advance(1_000);
    const writes = watch.calls.save.map(([[write]]) => write);
    expect(writes.map((write) => write?.spawn?.length)).toEqual([undefined, 1]);
    expect(writes.map((write) => write?.write)).toEqual([1, 2]);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "completed" });
    await mr.close();
  });
});

describe("a control", () => {
  test("that settles again what an earlier attempt settled is a failure", async () => {
    let kept: Control | undefined;
    const job = defineJob({
      name: "j",
      retry: "none",
      run: async (again: boolean, ctx) => {
        if (again) return kept;
        kept = await ctx.settle(ctx.complete(1), {} as Transaction);
        return kept;
      },
    });
    const { mr, time, store } = scene([job]);
    Object.assign(mr.store, { settle: (writes: Parameters<typeof store.settle>[0]) => store.settle(writes) });
    mr.worker();
    await mr.enqueue(job, false);
    await time.settle();
    const { id } = await mr.enqueue(job, true);
    await time.settle();
    expect(await mr.jobs.get(id)).toMatchObject({ state: "dead" });
    const [attempt] = (await mr.jobs.history(id)) ?? [];
    expect(JSON.stringify(attempt)).toContain("settled-twice");
    await mr.close();
  });

  test("is all that ctx.settle takes", async () => {
    const job = defineJob({
      name: "j",
      retry: "none",
      run: (_input, ctx) => ctx.settle({} as Control, {} as Transaction),
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    const [attempt] = (await mr.jobs.history(id)) ?? [];
    expect(JSON.stringify(attempt)).toContain("ctx.settle takes what");
    await mr.close();
  });
});

test("a worker that has stopped does not start again", async () => {
  const job = defineJob({ name: "j", run: () => 1 });
  const { mr, time, otherWorker, watch } = scene([job]);
  const worker = otherWorker();
  await worker.stop();
  worker.start();
  const { id } = await mr.enqueue(job);
  await time.advance(5_000);
  expect(watch.calls.claim).toEqual([]);
  expect(await mr.jobs.get(id)).toMatchObject({ state: "ready" });
  await mr.close();
});
