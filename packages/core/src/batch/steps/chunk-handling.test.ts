import { describe, expect, test } from "vitest";
import { MillraceError } from "../../model/errors.ts";
import { gate, scene } from "../../testing/scene.fixture.ts";
import { ended, numbersBatch, type Range, STEP } from "../numbers.fixture.ts";
import { type AnyScene, jobsOf, program, workerOf } from "../parties.fixture.ts";
import { defineBatch } from "../pipeline/define-pipeline.ts";

const SPAWNERS = ["count/run", "count/step"];

/** Has chunks spawned that nobody works on yet. */
async function spawned(of: AnyScene): Promise<void> {
  const reading = workerOf(of, SPAWNERS);
  await of.time.advance(5_000);
  await reading.stop();
}

describe("a chunk", () => {
  test("of a paused run is put off until that is resumed, and burns no attempt", async () => {
    const held = gate();
    const { batch, written } = numbersBatch({
      process: async (number) => {
        if (number === 5) await held.promise;
        return number;
      },
    });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 10 });
    await spawned(of);
    const working = workerOf(of, ["count/chunk"]);
    await of.time.advance(2_000);
    await handle.pause();
    held.open();
    await of.time.advance(10_000);
    expect(written).toEqual([1, 2, 3, 4, 5]);
    const [, second] = await jobsOf(of, handle.id, "count/chunk");
    expect(second).toMatchObject({ state: "scheduled", attempts: 0 });
    expect(second?.snoozes).toBeGreaterThanOrEqual(3);
    await handle.resume();
    await working.stop();
    of.mr.worker();
    expect((await ended(of, handle)).counters[STEP]).toEqual({ done: 10, read: 10, sealed: 1 });
    expect((await jobsOf(of, handle.id, "count/chunk")).map(({ attempts }) => attempts)).toEqual([1, 1]);
  });

  test("is tried again as its policy says where the store refuses to say how its run stands", async () => {
    const { batch } = numbersBatch();
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 5 });
    await spawned(of);
    let asked = 0;
    of.watch.before.findRuns = () => {
      asked += 1;
      if (asked === 1) throw new MillraceError("store-failed", "no such table");
    };
    of.mr.worker();
    await of.time.advance(2_000);
    expect((await ended(of, handle)).counters[STEP]).toEqual({ done: 5, read: 5, sealed: 1 });
    const [chunk] = await jobsOf(of, handle.id, "count/chunk");
    expect(chunk).toMatchObject({ attempts: 2, snoozes: 0 });
  });
});

describe("a chunk in a program of another version", () => {
  const retry = { maxAttempts: 1_000, initial: 1_000, multiplier: 1, max: 1_000, jitter: "none" } as const;

  test.each([
    [
      "whose step names no items",
      numbersBatch({ key: undefined as never, retry }).batch,
      'a chunk of step "numbers" carries no names of its items, which its program\'s `key` told; start one whose step has it',
    ],
    [
      "whose step is a task",
      defineBatch<Range>({ name: "count", queue: "counting" }).step(STEP, () => 1),
      '"count" has no chunk step "numbers" in this program; start one that has',
    ],
  ])("%s waits for one that can work on it", async (_what, other, message) => {
    const { batch, written } = numbersBatch({ retry });
    const of = scene([batch]);
    const handle = await of.mr.start(batch, { upTo: 5 });
    await spawned(of);
    const strange = workerOf(of, ["count/chunk"], program(of, [other]));
    await of.time.advance(10_000);
    const [chunk] = await jobsOf(of, handle.id, "count/chunk");
    expect(chunk).toMatchObject({ state: "scheduled", attempts: 0 });
    const { reasons } = (await of.mr.explain(chunk?.id ?? "")) ?? {};
    expect(reasons).toMatchObject([{ code: "snoozed", reason: message }]);
    await strange.stop();
    of.mr.worker();
    expect((await ended(of, handle)).counters[STEP]).toEqual({ done: 5, read: 5, sealed: 1 });
    expect(written).toEqual([1, 2, 3, 4, 5]);
  });
});
