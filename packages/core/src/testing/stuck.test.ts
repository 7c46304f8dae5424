import { describe, expect, test } from "vitest";
import { defineJob, type JobOptions } from "../client/define-job.ts";
import type { JobContext } from "../job/context.ts";
import { MillraceError } from "../model/errors.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { gate, scene } from "./scene.fixture.ts";

/** A handler that ignores its signal until let go, then writes, and ends as it likes. */
function deaf(options: Partial<JobOptions<"deaf">> = {}) {
  const letGo = gate();
  const late: unknown[] = [];
  const contexts: JobContext[] = [];
  const job = defineJob({
    name: "deaf",
    timeout: "2s",
    retry: "none",
    ...options,
    run: async (_input, ctx) => {
      contexts.push(ctx);
      await letGo.promise;
      late.push(await ctx.save({ checkpoint: "late" }).catch((error: unknown) => error));
      return "late";
    },
  });
  return { ...scene([job]), job, letGo, late, contexts };
}

describe("a handler that ignores its signal", () => {
  test("is reported once, with job, name and for how long it has run, and loses its slot", async () => {
    const { mr, time, job, errors } = deaf();
    const worker = mr.worker({ concurrency: 1, grace: "3s" });
    const { id } = await mr.enqueue(job);
    await time.advance(4_900);
    expect([worker.running, worker.stuck]).toEqual([1, 0]);
    expect(errors).toEqual([]);
    await time.advance(60_000);
    expect([worker.running, worker.stuck]).toEqual([0, 1]);
    expect(errors).toEqual([["execute", expect.any(MillraceError)]]);
    expect(errors[0]?.[1]).toMatchObject({
      code: "handler-stuck",
      message: expect.stringMatching(/deaf.*has run for 5 s.*ignores its signal/),
      details: { job: id, name: "deaf", runningMs: 5_000, cause: "timeout" },
    });
    expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", error: { class: "timeout" } });
    await mr.close();
  });

  test("does not hold up the next job, nor count once it has ended", async () => {
    const { mr, time, job, letGo } = deaf();
    const worker = mr.worker({ concurrency: 1, grace: "1s" });
    await mr.enqueue(job);
    await mr.enqueue(job);
    await time.advance(3_500);
    expect([worker.running, worker.stuck]).toEqual([1, 1]);
    await time.advance(3_500);
    expect([worker.running, worker.stuck]).toEqual([0, 2]);
    letGo.open();
    await time.settle();
    expect(worker.stuck).toBe(0);
    await mr.close();
  });

  test("what it still writes is fenced, here and in the store", async () => {
    const { mr, time, job, letGo, late, contexts, store } = deaf();
    mr.worker({ grace: "1s" });
    const { id } = await mr.enqueue(job);
    await time.advance(5_000);
    const before = await mr.jobs.get(id);
    letGo.open();
    await time.settle();
    expect(late).toEqual([expect.any(LeaseLost)]);
    const token = contexts[0]?.fence;
    if (token === undefined) throw new Error("it has not run");
    // Its token has settled, and a token settles once.
    expect(await store.save([{ id, token, write: 99, checkpoint: "late" }])).toEqual(["already-applied"]);
    expect(await mr.jobs.get(id)).toEqual(before);
    expect((await store.find({ ids: [id] }, { limit: 1 })).rows[0]?.checkpoint).toBeUndefined();
    await mr.close();
  });

  test("is an ordinary failure of class timeout: tried again by policy", async () => {
    const { mr, time, job, contexts } = deaf({ retry: { maxAttempts: 2, initial: "10s", jitter: "none" } });
    const worker = mr.worker({ grace: "1s" });
    const { id } = await mr.enqueue(job);
    await time.advance(4_000);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "retrying", attempts: 1 });
    await time.advance(20_000);
    expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(worker.stuck).toBe(2);
    const record = await mr.jobs.get(id);
    expect(record?.history.map(({ outcome, error }) => [outcome, error?.class])).toEqual([
      ["retry", "timeout"],
      ["dead", "timeout"],
    ]);
    await mr.close();
  });

  test("whose job is another's by now writes nothing, and is reported as well", async () => {
    const { mr, time, job, errors, letGo, late, watch } = deaf({ timeout: undefined });
    const worker = mr.worker({ grace: "1s", lease: "6s", concurrency: 1 });
    await mr.enqueue(job);
    await time.settle();
    watch.before.extend = () => {
      throw new MillraceError("store-unreachable", "away");
    };
    await time.advance(7_000);
    watch.before = {};
    expect(worker.stuck).toBe(1);
    const stuck = errors
      .map(([, error]) => error)
      .filter((error) => (error as MillraceError).code === "handler-stuck");
    expect(stuck).toMatchObject([{ details: { cause: "lease-lost" } }]);
    letGo.open();
    await time.settle();
    expect(late[0]).toBeInstanceOf(LeaseLost);
    expect(worker.stuck).toBe(0);
    await mr.close();
  });
});

test("a time-out of a single job comes before its definition's", async () => {
  const { mr, time, job } = deaf();
  mr.worker({ grace: 0 });
  const { id } = await mr.enqueue(job, undefined, { timeout: "10s" });
  await time.advance(9_000);
  expect((await mr.jobs.get(id))?.state).toBe("running");
  await time.advance(2_000);
  expect((await mr.jobs.get(id))?.state).toBe("dead");
  await mr.close();
});
