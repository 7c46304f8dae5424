import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

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
