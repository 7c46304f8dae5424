import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { sealEnvelope } from "../model/envelope.ts";
import type { JobId } from "../model/ids.ts";
import { newId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { scene } from "./scene.fixture.ts";

function newRow(name: string, fields: Partial<NewJob> = {}): NewJob {
  const base = { queue: "default", tenant: "", priority: "default", delayMs: 0, maxRescues: 3 } as const;
  return { ...base, id: newId<JobId>(), name, envelope: sealEnvelope({ payload: null }), ...fields };
}

describe("running jobs", () => {
  test("ten thousand jobs run once each, in groups", async () => {
    const seen: number[] = [];
    const job = defineJob({ name: "count", run: async (input: { n: number }) => void seen.push(input.n) });
    const { mr, time, watch, store } = scene([job]);
    await mr.enqueueMany(
      job,
      Array.from({ length: 10_000 }, (_, n) => ({ n })),
    );
    const worker = mr.worker({ concurrency: 100 });
    while (seen.length < 10_000) await time.settle();
    await worker.stop();
    expect(new Set(seen).size).toBe(10_000);
    expect(seen).toHaveLength(10_000);
    expect(watch.calls.enqueue).toHaveLength(10);
    expect(watch.calls.settle.length).toBeLessThanOrEqual(400);
    expect(watch.calls.claim.length).toBeLessThanOrEqual(110);
    const counters = await store.counters(["queue:default:default"]);
    expect(counters["queue:default:default"]).toEqual({ completed: 10_000, ran: 10_000 });
    await mr.close();
  });

  test("no more run at once than the worker and each queue allow", async () => {
    let now = 0;
    let most = 0;
    let ended = 0;
    const running: Record<string, number> = { a: 0, b: 0 };
    const mostOf: Record<string, number> = { a: 0, b: 0 };
    const hold = async (queue: string) => {
      now += 1;
      running[queue] = (running[queue] ?? 0) + 1;
      most = Math.max(most, now);
      mostOf[queue] = Math.max(mostOf[queue] ?? 0, running[queue] ?? 0);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      ended += 1;
      running[queue] = (running[queue] ?? 0) - 1;
    };
    const a = defineJob({ name: "a", queue: "a", run: () => hold("a") });
    const b = defineJob({ name: "b", queue: "b", run: () => hold("b") });
    const { mr, time } = scene([a, b]);
    await mr.enqueueMany(a, Array(200).fill(0));
    await mr.enqueueMany(b, Array(200).fill(0));
    mr.worker({ queues: { a: 3, b: 20 }, concurrency: 10 });
    while (ended < 400) await time.settle();
    expect(mostOf.a).toBe(3);
    expect(most).toBe(10);
    await mr.close();
  });

  test("a worker with fewer slots than queues serves them all", async () => {
    const seen: string[] = [];
    const jobs = ["a", "b", "c"].map((queue) =>
      defineJob({ name: queue, queue, run: () => void seen.push(queue) }),
    );
    const { mr, time } = scene(jobs);
    const worker = mr.worker({ concurrency: 1 });
    await time.advance(5_000);
    for (const job of jobs) await mr.enqueue(job);
    await time.settle();
    expect(seen.toSorted()).toEqual(["a", "b", "c"]);
    await worker.stop();
    await mr.close();
  });

  test("a result comes back; a local enqueue needs no poll", async () => {
    const job = defineJob({ name: "double", run: async (input: { n: number }) => ({ twice: input.n * 2 }) });
    const { mr, time } = scene([job]);
    mr.worker();
    await time.advance(10_000);
    const handle = await mr.enqueue(job, { n: 21 });
    await expect(handle.result()).resolves.toEqual({ twice: 42 });
    await mr.close();
  });

  test("an idle worker polls, ever less often, and finds what others enqueued", async () => {
    let ran = 0;
    const job = defineJob({
      name: "idle",
      run: () => {
        ran += 1;
      },
    });
    const { mr, time, watch, store } = scene([job]);
    mr.worker();
    await time.advance(10_000);
    const before = watch.calls.claim.length;
    await time.advance(10_000);
    expect(watch.calls.claim.length - before).toBeLessThanOrEqual(20); // a claim and a look for suspects a second
    await store.enqueue([newRow("idle")]);
    await time.advance(1_000);
    expect(ran).toBe(1);
    await mr.close();
  });

  test("what this process delays or retries runs when it falls due, between two polls", async () => {
    const ran: number[] = [];
    const job = defineJob({
      name: "due",
      retry: { initial: "330ms", jitter: "none" },
      run: (_input, { attempt }) => {
        ran.push(time.now() - start);
        if (attempt === 1) throw new Error("once");
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    await time.advance(5_000);
    const start = time.now();
    await mr.enqueue(job, undefined, { delay: "130ms" });
    await time.advance(1_000);
    expect(ran).toEqual([130, 460]);
    await mr.close();
  });

  test("jobs of names without a handler stay", async () => {
    const known = defineJob({ name: "known", run: () => 1 });
    const contract = defineJob({ name: "contract" });
    const { mr, time } = scene([known, contract]);
    mr.worker();
    const handle = await mr.enqueue(contract);
    await time.advance(5_000);
    expect((await mr.jobs.get(handle.id))?.state).toBe("ready");
    await mr.close();
  });
});
