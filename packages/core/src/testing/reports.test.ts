import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { HandlerContext } from "../client/handler-context.ts";
import type { HolderWrite } from "../model/settlement.ts";
import { gate, scene } from "./scene.fixture.ts";

/** A job whose handler is `run`, worked on for `ms`. */
async function working(run: (ctx: HandlerContext) => unknown, ms = 5_000) {
  const job = defineJob({ name: "j", retry: "none", run: (_input: unknown, ctx) => run(ctx) });
  const of = scene([job]);
  of.mr.worker();
  const { id } = await of.mr.enqueue(job);
  await of.time.advance(ms);
  const saves = of.watch.calls.save.flatMap(([writes]): readonly HolderWrite[] => writes);
  return { ...of, id, saves };
}

describe("progress", () => {
  test("is written at most twice a second, the latest word, and with the end", async () => {
    const steps: (() => void)[] = [];
    const job = defineJob({
      name: "j",
      run: async (_input: unknown, ctx) => {
        for (let n = 1; n <= 100; n += 1) {
          ctx.progress({ done: n, total: 100 });
          await new Promise<void>((resolve) => steps.push(resolve));
        }
        ctx.progress({ percent: 100, details: { last: true } });
      },
    });
    const { mr, time, watch } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    for (let n = 0; n < 100; n += 1) {
      await time.advance(20);
      steps[n]?.();
      if (n === 60) {
        const { progress } = (await mr.jobs.get(id)) ?? {};
        expect(progress).toMatchObject({ percent: 50, done: 50, total: 100 });
      }
    }
    await time.advance(20);
    expect(watch.calls.save.length).toBeLessThanOrEqual(5);
    expect(watch.calls.save.length).toBeGreaterThanOrEqual(4);
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "completed",
      progress: { percent: 100, done: null, total: null, details: { last: true } },
    });
    await mr.close();
  });

  test("told just before the end costs no write of its own", async () => {
    const { mr, id, saves } = await working((ctx) => ctx.progress(42));
    expect(saves).toEqual([]);
    expect((await mr.jobs.get(id))?.progress).toEqual({
      percent: 42,
      done: null,
      total: null,
      details: null,
    });
    await mr.close();
  });

  test.each([
    [-1, "percent -1"],
    [Number.NaN, "percent NaN"],
    [{ done: -5 }, "done -5"],
    [{ details: { big: "x".repeat(20_000) } }, "more than 16384 bytes"],
    [{ details: { when: new Date(0) } }, "details"],
  ])("that means nothing fails the attempt: %j", async (progress, message) => {
    const { mr, id } = await working((ctx) => ctx.progress(progress));
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "dead",
      error: { message: expect.stringContaining(message) },
    });
    await mr.close();
  });
});

describe("logs", () => {
  test("are written while the job runs, in order, with the time of each line", async () => {
    const { promise, open } = gate();
    const { mr, id, time } = await working(async (ctx) => {
      const { log } = ctx;
      log("started");
      log.warn("slow");
      await promise;
      log.error("x".repeat(3_000));
    }, 0);
    const startMs = time.now();
    await time.advance(1_000);
    expect((await mr.jobs.get(id))?.state).toBe("running");
    const at = new Date(startMs).toISOString();
    expect((await mr.jobs.logs(id)).rows).toEqual([
      { generation: 1, seq: 1, at, level: "info", line: "started" },
      { generation: 1, seq: 2, at, level: "warn", line: "slow" },
    ]);
    open();
    await time.advance(100);
    const first = await mr.jobs.logs(id, { limit: 2 });
    const second = await mr.jobs.logs(id, { limit: 2, after: first.next });
    expect(second.rows).toMatchObject([{ seq: 3, level: "error", line: "x".repeat(2_048) }]);
    expect(await mr.jobs.logs("nonsense")).toEqual({ rows: [] });
    await expect(mr.jobs.logs(id, { limit: 0 })).rejects.toThrow(/jobs.logs.limit is 0/);
    await mr.close();
  });

  test("of a handler that floods keep the last thousand, and count the rest", async () => {
    const { mr, id } = await working((ctx) => {
      for (let n = 1; n <= 2_500; n += 1) ctx.log(`line ${n}`);
    });
    const { rows } = await mr.jobs.logs(id, { limit: 1_000 });
    expect([rows.length, rows[0]?.seq, rows[0]?.line]).toEqual([1_000, 1_501, "line 1501"]);
    await mr.close();
  });

  test("hold whatever was logged, made storable", async () => {
    const { mr, id } = await working((ctx) => ctx.log("a\0b\ud800c"));
    expect((await mr.jobs.logs(id)).rows.map(({ line }) => line)).toEqual(["a\ufffdb\ufffdc"]);
    await mr.close();
  });

  test("survive a failing attempt, and a retry goes on with them", async () => {
    const job = defineJob({
      name: "j",
      retry: { maxAttempts: 2, initial: "100ms", jitter: "none" },
      run: (_input: unknown, ctx) => {
        ctx.log(`attempt ${ctx.attempt}`);
        if (ctx.attempt === 1) throw new Error("once");
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.advance(2_000);
    expect((await mr.jobs.logs(id)).rows.map(({ line }) => line)).toEqual(["attempt 1", "attempt 2"]);
    await mr.close();
  });

  test("a write of reports takes no child along", async () => {
    const child = defineJob({ name: "child" });
    const { promise, open } = gate();
    const { mr, time, saves, watch } = await working(async (ctx) => {
      ctx.enqueueChild(child);
      ctx.log("waiting");
      await promise;
    }, 1_000);
    expect(saves).toMatchObject([{ log: { lines: [{ line: "waiting" }] } }]);
    expect(saves[0]?.spawn).toBeUndefined();
    open();
    await time.advance(1_000);
    const last = watch.calls.settle.flatMap(([writes]) => writes);
    expect(last).toMatchObject([{ outcome: { kind: "completed" }, spawn: [{ name: "child" }] }]);
    expect(last[0]?.log).toBeUndefined();
    await mr.close();
  });

  test("after the lease is lost nothing is written, and nothing thrown", async () => {
    const { promise, open } = gate();
    let after: unknown = "not reached";
    let runs = 0;
    const { mr, id, time, watch } = await working(async (ctx) => {
      runs += 1;
      if (runs > 1) return;
      await promise;
      try {
        ctx.log("late");
        ctx.progress(50);
        after = "quiet";
      } catch (error) {
        after = error;
      }
    }, 100);
    watch.before.extend = () => {
      throw new Error("down");
    };
    await time.advance(60_000);
    open();
    await time.advance(1_000);
    expect(after).toBe("quiet");
    expect((await mr.jobs.logs(id)).rows).toEqual([]);
    watch.before = {};
    await mr.close();
  });
});
