import { describe, expect, test } from "vitest";
import { numbersBatch } from "../batch/numbers.fixture.ts";
import { defineJob } from "../client/define-job.ts";
import { testMillrace } from "./test-millrace.ts";

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
