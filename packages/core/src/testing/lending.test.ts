import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { Priority } from "../model/job.ts";
import { sleep } from "../runtime/timers.ts";
import type { WorkerOptions } from "../worker/options.ts";
import { scene } from "./scene.fixture.ts";
import type { VirtualTime } from "./virtual-time.ts";

const JOB_MS = 1_000;

/** A store and a worker bound to critical jobs, each a second long; what started when, and the most at once. */
function bound(options: WorkerOptions) {
  const started: [priority: Priority, atMs: number][] = [];
  const seen = { now: 0, most: 0 };
  const place: { time?: VirtualTime } = {};
  const job = defineJob({
    name: "slow",
    run: async (_input, { job: { priority } }): Promise<void> => {
      if (place.time === undefined) throw new Error("no time");
      started.push([priority, place.time.now()]);
      seen.now += 1;
      seen.most = Math.max(seen.most, seen.now);
      await sleep(place.time, JOB_MS);
      seen.now -= 1;
    },
  });
  const { mr, time, otherWorker } = scene([job]);
  place.time = time;
  const add = (count: number, priority: Priority) =>
    mr.enqueueMany(job, Array(count).fill(null), { priority });
  const work = () => otherWorker({ priorities: ["critical"], ...options });
  return { time, mr, add, work, started, seen };
}

test("a bound worker that has nothing to do lends its slots, but not the last", async () => {
  const { time, add, work, started, seen } = bound({ concurrency: 3, lend: true });
  await add(10, "low");
  const worker = work();
  await time.advance(5 * JOB_MS + 2_000);
  expect(started.map(([priority]) => priority)).toEqual(Array(10).fill("low"));
  expect(seen.most).toBe(2);
  await worker.stop();
});

test("without the option it leaves other classes alone", async () => {
  const { time, add, work, started } = bound({ concurrency: 3 });
  await add(10, "low");
  const worker = work();
  await time.advance(10 * JOB_MS);
  expect(started).toEqual([]);
  await worker.stop();
});

test("jobs of its own classes come first, however many others wait", async () => {
  const { time, add, work, started } = bound({ concurrency: 3, lend: true });
  await add(10, "high");
  await add(7, "critical");
  const worker = work();
  await time.advance(10 * JOB_MS);
  expect(started.slice(0, 7).map(([priority]) => priority)).toEqual(Array(7).fill("critical"));
  expect(started).toHaveLength(17);
  await worker.stop();
});

test("a job of its own starts at once while slots are lent, and the next waits for no more than one of those", async () => {
  const { time, add, work, started } = bound({ concurrency: 3, lend: true });
  await add(20, "bulk");
  const worker = work();
  await time.advance(3_500);
  const addedAtMs = time.now();
  await add(3, "critical");
  worker.nudge();
  await time.advance(JOB_MS);
  const own = started.filter(([priority]) => priority === "critical").map(([, atMs]) => atMs - addedAtMs);
  expect(own).toHaveLength(3);
  expect(own[0]).toBe(0);
  expect(Math.max(...own)).toBeLessThanOrEqual(JOB_MS);
  const stopped = worker.stop();
  await time.advance(JOB_MS);
  await stopped;
});

test("a worker with a single slot, or a queue with one, lends nothing", async () => {
  for (const options of [{ concurrency: 1 }, { queues: { default: 1 }, concurrency: 5 }]) {
    const { time, add, work, started } = bound({ ...options, lend: true });
    await add(1, "low");
    const worker = work();
    await time.advance(3_000);
    expect(started).toEqual([]);
    await add(1, "critical");
    await time.advance(3_000);
    expect(started).toHaveLength(1);
    await worker.stop();
  }
});

test("queues take turns where fewer slots are lent than there are queues", async () => {
  const ran: string[] = [];
  const queues = ["a", "b", "c"];
  const jobs = queues.map((queue) =>
    defineJob({ name: queue, queue, run: async (): Promise<void> => void ran.push(queue) }),
  );
  const { mr, time, otherWorker } = scene(jobs);
  const [, , last] = jobs;
  if (last === undefined) throw new Error("three jobs were made");
  await mr.enqueue(last, null, { priority: "bulk" });
  const worker = otherWorker({ priorities: ["critical"], concurrency: 2, lend: true });
  await time.advance(5_000);
  expect(ran).toEqual(["c"]);
  await worker.stop();
});

test("lending is refused for what it means nothing to", () => {
  const { mr } = scene([]);
  expect(() => mr.worker({ lend: true })).toThrow(/worker.lend/);
  expect(() => mr.worker({ priorities: ["high"], lend: "yes" as never })).toThrow(/worker.lend/);
});
