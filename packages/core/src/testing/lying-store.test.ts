import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { Transaction } from "../store/call.ts";
import type { Store } from "../store/store.ts";
import { scene } from "./scene.fixture.ts";

const FEWER = { code: "store-failed", message: expect.stringMatching(/answers to \d+ writes/) };

describe("a store that answers fewer writes than it was sent", () => {
  test("is asked again, and what it has applied is not taken for lost", async () => {
    const job = defineJob({ name: "j", run: () => 1 });
    const { mr, time, store, errors } = scene([job]);
    let lies = 1;
    const settle: Store["settle"] = async (writes) => {
      const answers = await store.settle(writes);
      lies -= 1;
      return lies < 0 ? answers : answers.slice(1);
    };
    Object.assign(mr.store, { settle });
    const jobs = [await mr.enqueue(job), await mr.enqueue(job)];
    mr.worker({ sweep: "1d" });
    await time.advance(1_000);
    expect(errors).toEqual([["settle", expect.objectContaining(FEWER)]]);
    await expect(Promise.all(jobs.map(({ result }) => result()))).resolves.toEqual([1, 1]);
    await mr.close();
  });

  test("holds nothing up where it never answers: jobs are left to the sweep", async () => {
    const job = defineJob({ name: "j", run: () => 1 });
    const { mr, time, watch } = scene([job]);
    Object.assign(mr.store, { settle: async () => [] });
    const worker = mr.worker({ sweep: "1d" });
    const { id } = await mr.enqueue(job);
    await time.advance(10_000);
    expect(worker.running).toBe(0);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "running", attempts: 0 });
    expect(watch.calls.extend).toEqual([]);
    await mr.close();
  });

  test.each(["save", "settle"] as const)("rolls back the transaction of a %s", async (verb) => {
    const transaction = {} as Transaction;
    const job = defineJob({
      name: "j",
      retry: "none",
      run: (_input: unknown, ctx) =>
        verb === "save"
          ? ctx.save({ checkpoint: "c" }, transaction)
          : ctx.settle(ctx.complete(1), transaction),
    });
    const { mr, time, store } = scene([job]);
    const settle: Store["settle"] = async (writes, options) =>
      options?.transaction === undefined ? store.settle(writes) : [];
    Object.assign(mr.store, { save: async () => [], settle });
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    const { message } = FEWER;
    expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", error: { message } });
    await mr.close();
  });
});

test("a job handed to a worker that has no handler for it has failed, and says so", async () => {
  const known = defineJob({ name: "known", run: () => 1 });
  const contract = defineJob({ name: "contract" });
  const { mr, time, store } = scene([known, contract]);
  const claim: Store["claim"] = (wants, options) =>
    store.claim(
      wants.map((want) => ({ ...want, names: ["contract"] })),
      options,
    );
  Object.assign(mr.store, { claim });
  mr.worker();
  const { id } = await mr.enqueue(contract);
  await time.settle();
  const error = { message: 'no handler for "contract"' };
  expect(await mr.jobs.get(id)).toMatchObject({ state: "retrying", attempts: 1, error });
  await mr.close();
});
