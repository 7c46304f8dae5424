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
