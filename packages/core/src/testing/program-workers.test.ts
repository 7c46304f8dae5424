/** What a program says once for all its workers and their jobs, and that it holds. */
import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { mail, program } from "./program.fixture.ts";
import { testMillrace } from "./test-millrace.ts";

describe("a class's retry policy", () => {
  test("is that of jobs that name none, at their enqueue or in their definition", async () => {
    const fail = () => {
      throw new Error("no");
    };
    const plain = defineJob({ name: "plain", run: fail });
    const own = defineJob({ name: "own", retry: "none", run: fail });
    const mr = testMillrace({
      jobs: [plain, own],
      retry: {
        default: { maxAttempts: 4, backoff: "fixed", initial: "1m", jitter: "none" },
        bulk: "default",
      },
    });
    const { id } = await mr.enqueue(plain);
    const sooner = await mr.enqueue(plain, undefined, { maxAttempts: 2 });
    const never = await mr.enqueue(own);
    const bulk = await mr.enqueue(plain, undefined, { priority: "bulk" });
    expect((await mr.jobs.get(id))?.maxAttempts).toBe(4);
    expect((await mr.jobs.get(bulk.id))?.maxAttempts).toBe(3);
    await mr.runAll({ later: true });
    const attempts = async (of: { id: string }) => (await mr.jobs.get(of.id))?.attempts;
    expect(await Promise.all([attempts({ id }), attempts(sooner), attempts(never), attempts(bulk)])).toEqual([
      4, 2, 1, 3,
    ]);
    const ends = (await mr.jobs.history(id))?.map(({ endedAt }) => Date.parse(endedAt)) ?? [];
    expect(ends.slice(1).map((end, index) => end - (ends[index] ?? 0))).toEqual([60_000, 60_000, 60_000]);
    await mr.close();
  });
});

describe("workers", () => {
  test("begin with the program's options, and put their own before them", async () => {
    const { mr, time, callsOf } = program({
      worker: { lease: "30s", concurrency: 40, buffer: 0, heartbeat: "2s" },
      priorities: { high: { target: "3s" }, low: { target: "4s" } },
      retention: { events: "2h" },
    });
    mr.worker({ targets: { low: "5s" }, heartbeat: "3s" });
    await mr.enqueueMany(mail, Array(500).fill(0));
    await time.advance(10_000);
    const claims = callsOf("claim") as [
      readonly { max: number }[],
      { leaseMs: number; targetsMs?: object },
    ][];
    expect(new Set(claims.map(([, { leaseMs }]) => leaseMs))).toEqual(new Set([30_000]));
    expect(Math.max(...claims.flatMap(([wants]) => wants.map(({ max }) => max)))).toBe(40);
    expect(claims.flatMap(([, { targetsMs }]) => targetsMs ?? [])[0]).toMatchObject({
      high: 3_000,
      low: 5_000,
    });
    expect(callsOf("fold")[0]).toEqual([{ limit: 1_000, keepEventsMs: 7_200_000 }]);
    await mr.close();
  });

  test("ask once a heartbeat which of their jobs were cancelled", async () => {
    const stay = defineJob({ name: "stay", run: (_input, { signal }) => signal.aborted || held });
    const { mr, time, callsOf } = program(
      { worker: { heartbeat: "4s", drain: 0, grace: 0 }, onError: () => undefined },
      [stay as never],
    );
    mr.worker();
    await mr.enqueue(stay);
    await time.advance(20_000);
    expect(callsOf("cancels")).toHaveLength(5);
    const closed = mr.close();
    await time.advance(1_000);
    await closed;
  });

  test("stamp jobs with the program's most rescues, where their definition has none", async () => {
    const own = defineJob({ name: "own", maxRescues: 1, run: () => undefined });
    const { mr, callsOf } = program({ worker: { maxRescues: 7 } }, [mail, own as never]);
    await mr.enqueue(mail);
    await mr.enqueue(own);
    const rescues = callsOf("enqueue").flatMap(([jobs]) => (jobs as { maxRescues: number }[])[0]?.maxRescues);
    expect(rescues).toEqual([7, 1]);
    await mr.close();
  });

  test("run no more of a queue at once than the program says, unless they say otherwise themselves", async () => {
    const load = loaded(["mail", "web"]);
    const mr = testMillrace({ jobs: load.jobs, concurrency: 20, queues: { mail: { concurrency: 3 } } });
    await load.enqueue(mr, 30);
    await mr.runAll();
    expect(load.most["mail"]).toBe(3);
    expect(load.most["web"]).toBeGreaterThan(3);
    await mr.close();
  });

  test("of one program run no more at once than it says, and leave no room unused", async () => {
    const load = loaded(["mail", "web"]);
    const mr = testMillrace({ jobs: load.jobs, concurrency: 8, worker: { maxConcurrentJobs: 5 } });
    mr.worker({ concurrency: 8, name: "other" });
    await load.enqueue(mr, 40);
    await mr.runAll();
    expect(load.most["all"]).toBe(5);
    expect(await mr.counters()).toMatchObject({ completed: 80 });
    await mr.close();
  });
});

/** Never ends. */
const held = new Promise(() => undefined);

/** Jobs of these queues, and the most that ran at once. */
function loaded(queues: readonly string[]) {
  const now: Record<string, number> = {};
  const most: Record<string, number> = {};
  const add = (name: string, jobs: number) => {
    now[name] = (now[name] ?? 0) + jobs;
    most[name] = Math.max(most[name] ?? 0, now[name]);
  };
  const jobs = queues.map((queue) =>
    defineJob({
      name: queue,
      queue,
      run: async () => {
        for (const name of [queue, "all"]) add(name, 1);
        await new Promise((resolve) => setImmediate(resolve));
        for (const name of [queue, "all"]) add(name, -1);
      },
    }),
  );
  const enqueue = async (
    mr: { enqueueMany: (job: never, inputs: number[]) => Promise<unknown> },
    count: number,
  ) => {
    for (const job of jobs) await mr.enqueueMany(job as never, Array(count).fill(0));
  };
  return { jobs, most, enqueue };
}
