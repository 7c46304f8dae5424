import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import { gate, scene } from "./scene.fixture.ts";

/** A job that takes as many ms of moved time as its input says. */
function timedJob(timing: () => Timing) {
  return defineJob({ name: "timed", run: async (ms: number) => void (await sleep(timing(), ms)) });
}

/** How many settlements each call carried in the first ms of jobs that take so long. */
async function batchesOf(options: {
  readonly multiProcess: boolean;
  readonly lengthsMs: readonly number[];
  readonly forMs: number;
}): Promise<readonly number[]> {
  const job = timedJob(() => time);
  const { mr, time, watch } = scene([job], options);
  await mr.enqueueMany(job, options.lengthsMs);
  mr.worker({ concurrency: 10 });
  await time.advance(options.forMs);
  const sizes = watch.calls.settle.map(([settlements]) => settlements.length);
  const closing = mr.close();
  await time.advance(1_000);
  await closing;
  return sizes;
}

test("nothing more is claimed while thousands of endings wait for the store", async () => {
  let runs = 0;
  const job = defineJob({ name: "j", run: () => (runs += 1) });
  const { mr, time, watch } = scene([job]);
  await mr.enqueueMany(job, Array<null>(8_000).fill(null));
  const answers = gate();
  watch.before.settle = () => answers.promise;
  mr.worker({ concurrency: 10 });
  await time.advance(5_000);
  expect(runs).toBeGreaterThan(2_000);
  expect(runs).toBeLessThan(5_000);
  answers.open();
  await time.advance(1_000);
  expect(runs).toBe(8_000);
  await mr.close();
});

describe("endings one after the other", () => {
  test("go together where they share a commit, while more are to come", async () => {
    const lengthsMs = [1, 2, 3, 4, 7, 100];
    expect(await batchesOf({ multiProcess: true, lengthsMs, forMs: 6 })).toEqual([1, 3]);
    expect(await batchesOf({ multiProcess: true, lengthsMs, forMs: 11 })).toEqual([1, 3, 1]);
  });

  test("go at once where no other process waits for the store", async () => {
    const lengthsMs = [1, 2, 3, 4, 100];
    expect(await batchesOf({ multiProcess: false, lengthsMs, forMs: 5 })).toEqual([1, 1, 1, 1]);
  });

  test("go at once where none is to come, and after a rest", async () => {
    expect(await batchesOf({ multiProcess: true, lengthsMs: [1], forMs: 1 })).toEqual([1]);
    expect(await batchesOf({ multiProcess: true, lengthsMs: [1, 3], forMs: 3 })).toEqual([1]);
    expect(await batchesOf({ multiProcess: true, lengthsMs: [1, 7, 8], forMs: 8 })).toEqual([1, 1]);
  });

  test("go at once after a call that took as long as a rest", async () => {
    const job = timedJob(() => time);
    const { mr, time, watch } = scene([job], { multiProcess: true });
    watch.before.settle = () => sleep(time, 6).then(() => undefined);
    await mr.enqueueMany(job, [1, 3, 100]);
    mr.worker({ concurrency: 10 });
    await time.advance(6);
    expect(watch.calls.settle).toHaveLength(1);
    await time.advance(1);
    expect(watch.calls.settle).toHaveLength(2);
    const closing = mr.close();
    await time.advance(1_000);
    await closing;
  });

  test("go at once after a batch that was large", async () => {
    const open = gate();
    const timed = timedJob(() => time);
    const gated = defineJob({ name: "gated", run: () => open.promise });
    const { mr, time, watch } = scene([timed, gated], { multiProcess: true });
    await mr.enqueueMany(gated, Array<null>(70).fill(null));
    await mr.enqueueMany(timed, [2, 100]);
    mr.worker({ concurrency: 90 });
    await time.advance(1);
    open.open();
    await time.advance(1);
    expect(watch.calls.settle.map(([settlements]) => settlements.length)).toEqual([70, 1]);
    const closing = mr.close();
    await time.advance(1_000);
    await closing;
  });
});
