import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

const mail = defineJob({ name: "mail", queue: "letters", run: () => undefined });

test("a worker is listed while it is at work, with what it takes", async () => {
  const { mr, time } = scene([mail]);
  const worker = mr.worker({ name: "w", concurrency: 3, priorities: ["high"] });
  await time.advance(10);
  expect(await mr.workers.list()).toEqual([
    expect.objectContaining({
      name: "w",
      pid: process.pid,
      queues: ["letters"],
      names: ["mail"],
      priorities: ["high"],
      concurrency: 3,
      running: 0,
      draining: false,
      startedAt: new Date(time.now() - 10).toISOString(),
    }),
  ]);
  await worker.stop();
  expect(await mr.workers.list()).toEqual([]);
  await mr.close();
});

test("a worker that lends its slots takes all classes", async () => {
  const { mr, time } = scene([mail]);
  mr.worker({ priorities: ["high"], lend: true, concurrency: 2 });
  await time.advance(10);
  expect((await mr.workers.list())[0]?.priorities).toHaveLength(5);
  await mr.close();
});

test("all workers of a client are one call every five seconds", async () => {
  const { mr, time, watch } = scene([mail]);
  mr.worker({ name: "a" });
  mr.worker({ name: "b" });
  await time.advance(1_000);
  const begun = watch.calls.registerWorkers.length;
  await time.advance(60_000);
  expect(watch.calls.registerWorkers.length - begun).toBe(12);
  expect(watch.calls.registerWorkers.at(-1)?.[0].map(({ name }) => name)).toEqual(["a", "b"]);
  await mr.close();
});

test("a worker that drains takes nothing more, and says so at once; the others stay", async () => {
  const held = gate();
  const slow = defineJob({ name: "slow", run: () => held.promise });
  const { mr, time } = scene([slow]);
  const worker = mr.worker({ name: "a" });
  mr.worker({ name: "b", queues: ["other"] });
  await mr.enqueue(slow);
  await time.advance(100);
  const stopping = worker.stop();
  await time.advance(100);
  const states = (await mr.workers.list()).map(({ name, draining, running }) => [name, draining, running]);
  expect(states.sort()).toEqual([
    ["a", true, 1],
    ["b", false, 0],
  ]);
  held.open();
  await time.advance(100);
  await stopping;
  expect((await mr.workers.list()).map(({ name }) => name)).toEqual(["b"]);
  await mr.close();
});

test("a vanished worker is gone once its word has run out", async () => {
  const { mr, time, watch } = scene([mail]);
  mr.worker();
  await time.advance(100);
  watch.before.registerWorkers = unreachable; // as seen from the store, it has vanished
  await time.advance(5_000);
  expect(await mr.workers.list()).toHaveLength(1);
  await time.advance(15_000);
  expect(await mr.workers.list()).toEqual([]);
  delete watch.before.registerWorkers;
  await time.advance(5_000);
  expect(await mr.workers.list()).toHaveLength(1);
  await mr.close();
});

test("a word on its way when the worker stops does not bring it back", async () => {
  const { mr, time, watch, errors } = scene([mail]);
  mr.worker({ name: "stays" });
  const worker = mr.worker({ name: "goes" });
  await time.advance(100);
  const held = gate();
  watch.before.registerWorkers = () => held.promise;
  await time.advance(5_000);
  const stopping = worker.stop();
  await time.advance(100);
  delete watch.before.registerWorkers;
  held.open();
  await time.advance(100);
  await stopping;
  expect((await mr.workers.list()).map(({ name }) => name)).toEqual(["stays"]);
  expect(errors).toEqual([]);
  await mr.close();
});

test("a store that cannot be reached at the end is reported, and keeps nobody from stopping", async () => {
  const { mr, time, watch, errors } = scene([mail]);
  const worker = mr.worker();
  await time.advance(100);
  watch.before.removeWorkers = unreachable;
  await worker.stop();
  expect(errors.map(([where]) => where)).toEqual(["presence"]);
  await mr.close();
});

test("explain tells a job from the client's own words", async () => {
  const { mr, time } = scene([mail]);
  const job = await mr.enqueue(mail, undefined, { delay: "10m" });
  expect(await mr.explain(job.id)).toMatchObject({
    state: "scheduled",
    reasons: [{ code: "not-before" }, { code: "no-worker", live: 0, queue: "letters", name: "mail" }],
  });
  mr.worker();
  await time.advance(100);
  const answer = await mr.explain(job.id);
  expect(answer?.reasons.map(({ says }) => says)).toEqual([
    "it is not to run before 2023-11-14T22:23:20.000Z (in 9 min)",
  ]);
  expect(await mr.explain("no id")).toBeUndefined();
  expect(await mr.explain("00000000-0000-7000-8000-000000000000")).toBeUndefined();
  await mr.close();
});

test("a refused enqueue carries the reason that explain would give", async () => {
  const { mr } = scene([mail]);
  const { id } = await mr.enqueue(mail, undefined, { key: "k" });
  await expect(mr.enqueue(mail, undefined, { key: "k" })).rejects.toMatchObject({
    code: "duplicate",
    message: `job ${id} holds the key "k" that a job "mail" was to have`,
    details: { reason: { code: "key-held", key: "k", job: id } },
  });
  await mr.queues.setCapacity("letters", { total: 1 });
  await expect(mr.enqueue(mail)).rejects.toMatchObject({
    code: "queue-full",
    details: { reason: { code: "queue-full", queue: "letters", priority: "default" } },
  });
  await mr.close();
});
