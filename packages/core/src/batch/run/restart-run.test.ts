/** The rules of restarts. */
import { describe, expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { newId, type RunId } from "../../model/ids.ts";
import { scene, unreachable } from "../../testing/scene.fixture.ts";
import { ended, numbers, numbersBatch, STEP } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, startsOf } from "../pipeline.fixture.ts";
import { stranger } from "./stranger.fixture.ts";

describe("a restart", () => {
  const refuse = (number: number) => new ClassedError("validation", "bad", `${number} is bad`);

  test("of what failed only runs those items again, and reads nothing new", async () => {
    let isMended = false;
    let reads = 0;
    const processed: number[] = [];
    const { batch, written } = numbersBatch(
      {
        read: (context) => {
          reads += 1;
          return numbers(context);
        },
        process: (number) => {
          processed.push(number);
          if (number % 7 === 0 && !isMended) throw refuse(number);
          if (number === 21) throw refuse(number);
          return number;
        },
        failed: () => undefined,
      },
      { finish: ({ steps }) => Object.keys(steps as object).length },
    );
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 30 });
    of.mr.worker();
    expect(await ended(of, handle)).toMatchObject({ state: "partial" });
    processed.length = 0;
    isMended = true;
    const other = stranger(of).run(handle.id);
    await other.restart({ only: "failed", reason: "mended" });
    const run = await ended(of, handle);
    expect(run).toMatchObject({ state: "partial", restarts: 1 });
    expect(processed.toSorted((a, b) => a - b)).toEqual([7, 14, 21, 28]);
    expect(reads).toBe(1);
    expect(run.counters[STEP]).toEqual({ done: 29, failed: 1, read: 30, sealed: 1 });
    expect(written).toHaveLength(29);
    expect(await startsOf(handle)).toEqual({ [STEP]: 2, finish: 1 });
    processed.length = 0;
    await other.restart();
    await ended(of, handle);
    expect(processed).toEqual([21]);
  });

  test("of a step that failed runs its failed items first, then reads on where it stood", async () => {
    let breaks = true;
    const { batch, written } = numbersBatch({
      read: async function* (context) {
        for await (const number of numbers(context)) {
          if (number === 41 && breaks) throw refuse(number);
          yield number;
        }
      },
      process: (number) => {
        if (number === 3 && breaks) throw refuse(number);
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 60 });
    of.mr.worker();
    expect((await ended(of, handle)).state).toBe("failed");
    breaks = false;
    await handle.restart();
    const run = await ended(of, handle);
    expect(run.state).toBe("completed");
    expect(run.counters[STEP]).toEqual({ done: 60, read: 60, sealed: 1 });
    expect(written).toHaveLength(60);
    expect(written.indexOf(3)).toBeLessThan(written.indexOf(41));
  });

  test("of one that failed fast runs what failed and what had not begun", async () => {
    let breaks = true;
    const { batch, written } = numbersBatch({
      onFailure: "failFast",
      process: (number) => {
        if (number === 7 && breaks) throw refuse(number);
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    of.mr.worker();
    const run = await ended(of, handle);
    expect(JSON.parse(run.error ?? "")).toMatchObject({ step: STEP, reason: "fail-fast" });
    const counters = run.counters[STEP] ?? {};
    expect(counters["read"]).toBeLessThan(60);
    expect((counters["done"] ?? 0) + (counters["failed"] ?? 0)).toBe(counters["read"]);
    breaks = false;
    await handle.restart();
    const again = await ended(of, handle);
    expect(again.state).toBe("completed");
    expect(again.counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(written).toHaveLength(100);
  });

  test("counts skips and tolerance anew where that is what failed it", async () => {
    let limit = 25;
    const { batch } = numbersBatch({
      skipLimit: 2,
      process: (number) => {
        if (number <= limit && number % 5 === 0) throw refuse(number);
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 200 });
    of.mr.worker();
    const run = await ended(of, handle);
    expect(JSON.parse(run.error ?? "")).toMatchObject({ class: "validation", reason: "skip-limit" });
    limit = 0;
    await handle.restart();
    expect((await ended(of, handle)).state).toBe("completed");
  });

  test("that would miss items, for their chunks' jobs are gone, is refused in words", async () => {
    const { batch } = numbersBatch({ process: () => new Promise(() => undefined) });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    of.mr.worker({ grace: "1s" });
    await of.time.advance(5_000);
    await handle.cancel();
    await of.time.advance(60_000);
    const { rows } = await of.store.find({ name: "count/chunk" }, { limit: 1_000 });
    await of.store.delete(rows.map(({ id }) => id));
    for (let restarts = 1; restarts <= 2; restarts += 1) {
      await handle.restart();
      const run = await ended(of, handle);
      expect(JSON.parse(run.error ?? "")).toMatchObject({
        class: "not-found",
        reason: "chunks-gone",
        step: STEP,
      });
    }
  });

  test("is refused of a run that is active, has completed, or has another of its instance in its way", async () => {
    const { batch } = numbersBatch({}, { rerun: true });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 3 });
    await expect(handle.restart()).rejects.toMatchObject({
      code: "conflict",
      message: `run ${handle.id} is running and cannot be restarted; wait for its end, or cancel it`,
    });
    await handle.pause();
    await expect(handle.restart()).rejects.toThrow("is paused and cannot be restarted; resume it");
    await handle.resume();
    await expect(of.mr.run(newId<RunId>()).restart()).rejects.toMatchObject({ code: "not-found" });
    await expect(handle.restart({ only: "some" as never })).rejects.toMatchObject({ code: "bad-config" });
    await expect(handle.restart({ which: 1 } as never)).rejects.toMatchObject({ code: "bad-config" });
    await handle.cancel();
    of.mr.worker();
    await of.time.advance(10_000);
    expect((await handle.row()).state).toBe("cancelled");
    const next = await of.mr.start(batch, { upTo: 3 });
    await expect(handle.restart()).rejects.toThrow(
      "its instance has another active run; wait for that, or cancel it",
    );
    await ended(of, next);
    await expect(next.restart()).rejects.toThrow(
      "is completed and cannot be restarted; start its instance again",
    );
  });

  test("whose answer was lost is one restart", async () => {
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("once", () => {
      if (fails) throw refuse(1);
    });
    const { of, handle, ended: end } = await play(pipeline, {});
    await end();
    fails = false;
    let lost = false;
    of.watch.after.moveRun = () => {
      if (lost) return;
      lost = true;
      unreachable();
    };
    const restarting = handle.restart();
    await of.time.advance(1_000);
    await restarting;
    expect(await end()).toMatchObject({ state: "completed", restarts: 1 });
  });
});
