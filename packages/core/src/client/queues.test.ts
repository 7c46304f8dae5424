import { expect, test } from "vitest";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

const job = defineJob({ name: "j", queue: "mail", run: () => 1 });

test("a paused queue's jobs stay in line until it goes on, and then run at once", async () => {
  const { mr, time } = scene([job]);
  await mr.queues.pause("mail");
  const { id } = await mr.enqueue(job);
  mr.worker();
  await time.advance(60_000);
  expect((await mr.jobs.get(id))?.state).toBe("ready");
  expect(await mr.queues.list()).toEqual([{ queue: "mail", paused: true, capacities: {} }]);
  await mr.queues.resume("mail");
  await time.settle();
  expect((await mr.jobs.get(id))?.state).toBe("completed");
  expect(await mr.queues.list()).toEqual([]);
  await mr.close();
});

test("a full queue refuses a job by an error that names queue and class, and many by counting them", async () => {
  const { mr } = scene([job]);
  await mr.queues.setCapacity("mail", { total: 3, bulk: 1 });
  await mr.enqueue(job, {}, { priority: "bulk" });
  await expect(mr.enqueue(job, {}, { priority: "bulk" })).rejects.toMatchObject({
    code: "queue-full",
    details: { queue: "mail", priority: "bulk" },
  });
  expect(await mr.enqueueMany(job, [1, 2, 3, 4])).toMatchObject({ enqueued: 2, refused: 2 });
  await mr.queues.setCapacity("mail", { total: null });
  expect(await mr.enqueueMany(job, [1, 2, 3, 4])).toMatchObject({ enqueued: 4, refused: 0 });
  await mr.close();
});

test("of calls that share a store call, only those there is no room for fail", async () => {
  const { mr } = scene([job]);
  await mr.queues.setCapacity("mail", { total: 2 });
  const ends = await Promise.allSettled([1, 2, 3, 4].map((n) => mr.enqueue(job, n)));
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
  await mr.close();
});

test("names and limits that make no sense are refused", async () => {
  const { mr } = scene([job]);
  const refused = { code: "bad-config" };
  await expect(mr.queues.pause("")).rejects.toMatchObject(refused);
  await expect(mr.queues.setCapacity("mail", { total: -1 })).rejects.toMatchObject(refused);
  await expect(mr.queues.setCapacity("mail", { low: 0.5 })).rejects.toMatchObject(refused);
  await expect(mr.queues.setCapacity("mail", { urgent: 1 } as never)).rejects.toMatchObject(refused);
  await mr.close();
});
