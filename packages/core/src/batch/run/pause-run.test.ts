/** The rules of paused runs. */
import { describe, expect, test } from "vitest";
import { gate, scene } from "../../testing/scene.fixture.ts";
import { ended, numbersBatch, STEP } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, statesOf } from "../pipeline.fixture.ts";
import { stranger } from "./stranger.fixture.ts";

describe("a paused run", () => {
  test("begins no chunk and no step, burns no attempt, and goes on when it is resumed", async () => {
    const held = gate();
    const { batch, written } = numbersBatch({
      concurrency: 1,
      process: async (number) => {
        if (number === 13) await held.promise;
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 100 });
    const other = stranger(of).run(handle.id);
    await other.pause("maintenance");
    await other.pause();
    expect((await handle.row()).state).toBe("paused");
    of.mr.worker();
    await of.time.advance(60_000);
    expect(written).toEqual([]);
    await other.resume();
    await of.time.advance(2_500);
    await other.pause({ reason: "again", by: "ann" });
    held.open();
    await of.time.advance(60_000);
    expect(written.length).toBeGreaterThanOrEqual(13);
    expect(written.length).toBeLessThanOrEqual(20);
    expect((await of.mr.start(batch, { upTo: 100 })).result).toBe("resumed");
    await other.resume();
    const run = await ended(of, handle);
    expect(run.state).toBe("completed");
    expect(run.counters[STEP]).toEqual({ done: 100, read: 100, sealed: 1 });
    expect(written).toHaveLength(100);
    const { rows } = await of.mr.jobs.list({ run: handle.id, limit: 100 });
    expect(rows.every(({ attempts }) => attempts === 1)).toBe(true);
    await expect(other.pause()).rejects.toMatchObject({ code: "conflict", details: { state: "completed" } });
    await expect(other.resume()).rejects.toMatchObject({ code: "conflict" });
  });

  test("behind its last step ends when it is resumed", async () => {
    const held = gate();
    const pipeline = definePipeline({ name: "p" }).step("wait", async () => {
      await held.promise;
      return 1;
    });
    const { of, handle } = await play(pipeline, {});
    await of.time.settle();
    await handle.pause();
    held.open();
    await of.time.advance(30_000);
    expect(await statesOf(handle)).toEqual({ wait: "completed" });
    expect((await handle.row()).state).toBe("paused");
    await handle.resume();
    expect(await ended(of, handle)).toMatchObject({ state: "completed", result: "1" });
  });
});
