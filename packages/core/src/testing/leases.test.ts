import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { LeaseId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

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
