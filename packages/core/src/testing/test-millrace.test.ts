import { describe, expect, test } from "vitest";
import { numbersBatch } from "../batch/numbers.fixture.ts";
import { defineJob } from "../client/define-job.ts";
import { testMillrace } from "./test-millrace.ts";

/** Enqueues itself again, so many times. */
function chain(delay?: "1h") {
  const job = defineJob({
    name: "chain",
    run: async (input: { left: number }): Promise<void> => {
      if (input.left > 0)
        await t.enqueue(job, { left: input.left - 1 }, delay === undefined ? {} : { delay });
    },
  });
  const t = testMillrace({ jobs: [job], maxRounds: 20 });
  return { job, t };
}

describe("a test's client", () => {
  test("runs nothing until told, and shows what was enqueued", async () => {
    let ran = 0;
    const job = defineJob({
      name: "mail",
      run: (_input: { to: string }) => {
        ran += 1;
      },
    });
    await using t = testMillrace({ jobs: [job] });
    await t.enqueue(job, { to: "ada" }, { tenant: "acme", tags: ["new"], delay: "10m" });
    await t.enqueue(job, { to: "bob" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ran).toBe(0);
    expect(await t.enqueued(job)).toMatchObject([
      {
        input: { to: "ada" },
        tenant: "acme",
        tags: ["new"],
        state: "scheduled",
        runAt: "2026-01-01T00:10:00.000Z",
      },
      { input: { to: "bob" }, tenant: "", state: "ready" },
    ]);
    await t.runAll();
    expect(ran).toBe(1);
    expect((await t.enqueued(job)).map(({ state }) => state)).toEqual(["scheduled", "completed"]);
  });

  test("gives results of what has run", async () => {
    const job = defineJob({ name: "double", run: (input: { n: number }) => input.n * 2 });
    await using t = testMillrace({ jobs: [job] });
    const handle = await t.enqueue(job, { n: 21 });
    await t.runAll();
    expect(await handle.result()).toBe(42);
  });

  test("runs jobs one at a time, by class, then due time, then order of enqueueing", async () => {
    const seen: string[] = [];
    const job = defineJob({
      name: "note",
      run: async (input: string) => {
        seen.push(`${input} starts`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`${input} ends`);
      },
    });
    await using t = testMillrace({ jobs: [job] });
    await t.enqueue(job, "first");
    await t.enqueue(job, "second");
    await t.enqueue(job, "urgent", { priority: "critical" });
    await t.runAll();
    expect(seen.filter((each) => each.endsWith("starts"))).toEqual([
      "urgent starts",
      "first starts",
      "second starts",
    ]);
    expect(seen).toEqual(
      seen.flatMap((each) => (each.endsWith("starts") ? [each, each.replace("starts", "ends")] : [])),
    );
  });

  test("waits for handlers that wait for something real", async () => {
    const job = defineJob({
      name: "real",
      run: () => new Promise<void>((resolve) => setTimeout(resolve, 30)),
    });
    await using t = testMillrace({ jobs: [job] });
    await t.enqueueMany(job, [1, 2, 3]);
    await t.runAll();
    expect(await t.counters(job)).toMatchObject({ completed: 3 });
  });

  test("counts exactly, by definition, name, queue and tenant", async () => {
    const fine = defineJob({ name: "fine", queue: "a", run: () => 1 });
    const bad = defineJob({
      name: "bad",
      queue: "b",
      retry: { maxAttempts: 3 },
      run: () => {
        throw new Error("no");
      },
    });
    await using t = testMillrace({ jobs: [fine, bad] });
    for (const tenant of ["x", "y"]) {
      await t.enqueueMany(fine, [1, 2], { tenant });
      await t.enqueue(bad, 1, { tenant });
    }
    await t.runAll({ later: true });
    expect(await t.counters()).toEqual({
      scheduled: 0,
      ready: 0,
      retrying: 0,
      running: 0,
      waiting: 0,
      completed: 4,
      dead: 2,
      cancelled: 0,
      expired: 0,
      enqueued: 6,
      attempts: 10,
      retried: 4,
      interrupted: 0,
      rescued: 0,
    });
    expect(await t.counters(bad)).toMatchObject({ enqueued: 2, dead: 2, retried: 4 });
    expect(await t.counters({ name: "fine", tenant: "y" })).toMatchObject({
      enqueued: 2,
      completed: 2,
      retried: 0,
    });
    expect(await t.counters({ queue: "a" })).toMatchObject({ enqueued: 4 });
    expect(await t.counters({ queue: "none" })).toMatchObject({ enqueued: 0 });
  });
});

describe("advance", () => {
  test("runs what becomes due on the way, each at its own time and in order", async () => {
    const seen: [string, number][] = [];
    const job = defineJob({
      name: "at",
      run: (input: string) => void seen.push([input, t.time.now() - start]),
    });
    const t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    await t.enqueue(job, "late", { delay: "59m" });
    await t.enqueue(job, "early", { delay: "1234ms" });
    await t.enqueue(job, "beyond", { delay: "61m" });
    await t.enqueue(job, "now");
    await t.advance("1h");
    expect(seen).toEqual([
      ["now", 0],
      ["early", 1_234],
      ["late", 3_540_000],
    ]);
    expect(t.time.now() - start).toBe(3_600_000);
    await t.advance("1m");
    expect(seen.at(-1)).toEqual(["beyond", 3_660_000]);
    await t.close();
  });

  test("takes retries through their whole policy, without chance", async () => {
    const at: number[] = [];
    const job = defineJob({
      name: "flaky",
      retry: { maxAttempts: 4, initial: "10s", multiplier: 3, jitter: "full" },
      run: () => {
        at.push(t.time.now() - start);
        throw new Error("no");
      },
    });
    const t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    await t.enqueue(job);
    await t.advance("1h");
    expect(at).toEqual([0, 10_000, 40_000, 130_000]);
    await t.close();
  });

  test("passes days in little real time, and time-outs exactly", async () => {
    let abortedAt = 0;
    const job = defineJob({
      name: "slow",
      timeout: "90s",
      retry: "none",
      run: (_input, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            abortedAt = t.time.now() - start;
            reject(signal.reason);
          }),
        ),
    });
    const t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    await t.enqueue(job, undefined, { delay: "2d" });
    const realStart = performance.now();
    await t.advance("3d");
    expect(performance.now() - realStart).toBeLessThan((3 * 86_400_000) / 1_000); // a thousandth, on any machine
    expect(abortedAt).toBe(2 * 86_400_000 + 90_000);
    expect(await t.counters()).toMatchObject({ dead: 1 });
    await t.close();
  });

  test("sets off alarms of code under test at their own time", async () => {
    const t = testMillrace();
    const start = t.time.now();
    const at: number[] = [];
    for (const ms of [5_500, 61_234, 3_000]) t.time.after(ms, () => at.push(t.time.now() - start));
    await t.advance("2m");
    expect(at).toEqual([3_000, 5_500, 61_234]);
    await t.close();
  });

  test("refuses to be called twice at once", async () => {
    const t = testMillrace();
    const first = t.advance("1h");
    await expect(t.advance("1h")).rejects.toMatchObject({ code: "bad-usage" });
    await first;
    await t.close();
  });
});

describe("runAll", () => {
  test("leaves what is scheduled, unless told to go on to it", async () => {
    const { job, t } = chain("1h");
    await t.enqueue(job, { left: 5 });
    await t.runAll();
    expect(await t.counters()).toMatchObject({ completed: 1, scheduled: 1 });
    await t.runAll({ later: true });
    expect(await t.counters()).toMatchObject({ completed: 6, scheduled: 0 });
    expect(t.time.now()).toBe(Date.UTC(2026, 0, 1, 5));
    await t.close();
  });

  test("follows jobs that make others due, as far as the rounds go", async () => {
    const { job, t } = chain();
    await t.enqueue(job, { left: 19 });
    await t.runAll();
    expect(await t.counters()).toMatchObject({ completed: 20 });
    await t.close();
  });

  test.each([undefined, "1h"] as const)("names jobs that keep going (delay %s)", async (delay) => {
    const { job, t } = chain(delay);
    await t.enqueue(job, { left: Number.MAX_SAFE_INTEGER });
    await expect(t.runAll({ later: true })).rejects.toMatchObject({
      code: "never-idle",
      message: expect.stringMatching(/keep going \(chain\) after 20 rounds/),
      details: { names: ["chain"] },
    });
    await t.close();
  });

  test("names jobs whose handlers do not end", async () => {
    const job = defineJob({ name: "deaf", run: () => new Promise(() => undefined) });
    const t = testMillrace({ jobs: [job], patience: 5 });
    await t.enqueue(job);
    await expect(t.runAll()).rejects.toMatchObject({
      code: "never-idle",
      message: expect.stringMatching(/still run \(deaf\) after 100 ms/),
    });
    await t.close();
  });

  test("passes over jobs without a handler", async () => {
    const contract = defineJob({ name: "contract" });
    await using t = testMillrace({ jobs: [contract] });
    await t.enqueue(contract);
    await t.runAll();
    await t.advance("1h");
    expect(await t.counters(contract)).toMatchObject({ ready: 1, attempts: 0 });
  });
});

describe("faults", () => {
  const job = defineJob({ name: "job", run: () => "done" });

  test("of an enqueue are sent again, without the test having to move time", async () => {
    await using t = testMillrace({ jobs: [job] });
    t.fail({ verb: "enqueue", when: "after", times: 2 });
    await t.enqueue(job);
    expect(t.struck).toEqual([
      { verb: "enqueue", call: 1, when: "after" },
      { verb: "enqueue", call: 2, when: "after" },
    ]);
    expect(await t.counters()).toMatchObject({ enqueued: 1 });
    t.fail({ verb: "enqueue", times: 3 });
    await expect(t.enqueue(job)).rejects.toMatchObject({ code: "store-unreachable" });
    expect(await t.counters()).toMatchObject({ enqueued: 1 });
  });

  test("of claims and settlements change nothing of what becomes of jobs", async () => {
    await using t = testMillrace({ jobs: [job] });
    for (const when of ["before", "after"] as const) {
      t.fail({ verb: "settle", when });
      t.fail({ verb: "claim" });
      await t.enqueue(job);
      await t.runAll();
    }
    expect(t.struck).toHaveLength(4);
    expect(t.errors).toHaveLength(4);
    expect(await t.counters()).toMatchObject({ enqueued: 2, completed: 2, attempts: 2 });
  });

  test("that lose a claim's answer have the job rescued once its lease is out", async () => {
    await using t = testMillrace({ jobs: [job] });
    t.fail({ verb: "claim", when: "after" });
    await t.enqueue(job);
    await t.advance("1m");
    expect(await t.counters()).toMatchObject({ completed: 1, rescued: 1 });
  });

  test("never move time past what a test asked for", async () => {
    await using t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    t.fail({ verb: "claim", times: 5 });
    await t.enqueue(job);
    await t.advance(70);
    expect([t.time.now() - start, t.struck.length]).toEqual([70, 2]);
    await t.advance("1m");
    expect(t.time.now() - start).toBe(60_070);
    expect(t.struck).toHaveLength(5);
    expect(await t.counters()).toMatchObject({ completed: 1 });
  });

  test("by chance are the same for the same seed", async () => {
    const course = async (seed: number) => {
      await using t = testMillrace({ jobs: [job], faults: { random: { seed, rate: 0.3 } } });
      const enqueued = await Promise.allSettled(Array.from({ length: 20 }, () => t.enqueue(job)));
      await t.advance("10m");
      t.heal();
      await t.advance("10m");
      const { completed, enqueued: accepted } = await t.counters();
      expect(completed).toBe(accepted);
      return { struck: [...t.struck], failed: enqueued.filter(({ status }) => status === "rejected").length };
    };
    const first = await course(7);
    expect(first.struck.length).toBeGreaterThan(5);
    expect(await course(7)).toEqual(first);
    expect(await course(8)).not.toEqual(first);
  });
});

test("isolated jobs run in the test's own process, in their turn", async () => {
  const ran: string[] = [];
  const isolate = { module: import.meta.url };
  const apart = defineJob({ name: "apart", isolate, run: () => ran.push(`apart ${process.pid}`) });
  const here = defineJob({ name: "here", run: () => ran.push("here") });
  await using t = testMillrace({ jobs: [apart, here] });
  await t.enqueue(apart);
  await t.enqueue(here);
  await t.runAll();
  expect(ran).toEqual([`apart ${process.pid}`, "here"]);
});

describe("a batch", () => {
  test("runs to its end, its chunks in order, with retries and under faults", async () => {
    const flaky = new Set([7]);
    const { batch, written } = numbersBatch({
      process: async (number) => {
        if (flaky.delete(number)) throw new Error("once");
        return number;
      },
    });
    await using t = testMillrace({ jobs: [batch] });
    const run = await t.start(batch, { upTo: 23 });
    await t.runAll();
    expect((await run.row()).state).toBe("running");
    t.fail({ verb: "settle", when: "after" });
    await t.runAll({ later: true });
    expect(t.struck).toHaveLength(1);
    expect((await run.row()).state).toBe("completed");
    expect(new Set(written).size).toBe(23);
    expect(await t.counters()).toMatchObject({ retried: 1, dead: 0, waiting: 0, running: 0 });
  });
});

test("an operation's start that meets a fault is helped through, and its jobs run again", async () => {
  let works = false;
  const job = defineJob({
    name: "send",
    retry: "none",
    run: () => {
      if (!works) throw new Error("no route");
    },
  });
  const mr = testMillrace({ jobs: [job] });
  await mr.enqueueMany(job, [1, 2]);
  await mr.runAll();
  works = true;
  mr.fail({ verb: "startOperation", when: "after" });
  const replay = await mr.dead.replay({ name: "send" });
  await mr.advance("5s");
  expect(await replay.record()).toMatchObject({ state: "completed", done: 2 });
  await mr.runAll();
  expect(await mr.counters(job)).toMatchObject({ completed: 2, dead: 0 });
  await mr.close();
});
