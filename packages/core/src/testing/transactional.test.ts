import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { Transaction } from "../store/call.ts";
import type { TransactionCapability } from "../store/store.ts";
import { gate, scene } from "./scene.fixture.ts";

test("a transactional handler told to stop before its transaction has begun loses its slot past the grace", async () => {
  const begun = gate();
  const ends = gate();
  const job = defineJob({ name: "deaf", transactional: true, run: () => ends.promise });
  const { mr, time } = scene([job]);
  const run: TransactionCapability["run"] = async (work) => {
    await begun.promise;
    return work({} as Transaction);
  };
  Object.assign(mr.store.capabilities, { transactions: { run } });
  const worker = mr.worker({ grace: "3s", heartbeat: "1s" });
  const { id } = await mr.enqueue(job);
  await time.settle();
  await mr.jobs.cancel(id);
  await time.advance(2_000);
  begun.open();
  await time.advance(2_900);
  expect([worker.running, worker.stuck]).toEqual([1, 0]);
  await time.advance(200);
  expect([worker.running, worker.stuck]).toEqual([0, 1]);
  expect((await mr.jobs.get(id))?.state).toBe("cancelled");
  ends.open();
  await time.settle();
  expect(worker.stuck).toBe(0);
  await mr.close();
});

test("a transactional handler added to a running worker fails where the store has no transactions", async () => {
  const contract = defineJob({ name: "added" });
  const { mr, time } = scene([contract]);
  mr.worker();
  let runs = 0;
  mr.registry.add({ name: "added", queue: "default", isTransactional: true, run: () => (runs += 1) });
  const { id } = await mr.enqueue(contract, undefined, { retry: "none" });
  await time.settle();
  const error = { message: expect.stringMatching(/"added" is transactional.*no transactions/) };
  expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", error });
  expect(runs).toBe(0);
  await mr.close();
});
