import { describe, expect, test } from "vitest";
import { gate, type Scene, scene } from "../../testing/scene.fixture.ts";
import { ended } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import type { Startable } from "../pipeline/pipeline.ts";
import { statesOf } from "../pipeline.fixture.ts";

/** One step, and a word for each time somebody is told that the run has ended. */
function pipelineTelling(told: string[]) {
  return definePipeline({ name: "p", on: { afterRun: ({ state }) => void told.push(state) } }).step(
    "one",
    () => 1,
  );
}

function sceneOf(pipeline: object): Scene<readonly []> {
  return scene([pipeline as never], { multiProcess: true }) as Scene<readonly []>; // nobody names its jobs
}

describe("the end of a run", () => {
  test("waits where somebody has paused the run behind its last step, at the last moment", async () => {
    const told: string[] = [];
    const pipeline = pipelineTelling(told);
    const of = sceneOf(pipeline);
    const handle = await of.mr.start(pipeline as Startable<unknown>, {});
    of.watch.before.moveRun = async () => {
      of.watch.before = {};
      await of.store.moveRun({ run: handle.id, from: ["running"], to: "paused" });
    };
    of.mr.worker();
    await of.time.advance(30_000);
    expect((await handle.row()).state).toBe("paused");
    expect(await statesOf(handle)).toEqual({ one: "completed" });
    expect(told).toEqual([]);
    await handle.resume();
    expect(await ended(of, handle)).toMatchObject({ state: "completed", result: "1" });
    await of.time.settle();
    expect(told).toEqual(["completed"]);
  });

  test("is told by the attempt that moved it, not by one that lost its lease on the way", async () => {
    const told: string[] = [];
    const pipeline = pipelineTelling(told);
    const of = sceneOf(pipeline);
    const handle = await of.mr.start(pipeline as Startable<unknown>, {});
    const [reached, held] = [gate(), gate()];
    const extend = () => new Promise<void>(() => undefined); // its lease runs out meanwhile
    const moveRun = async () => {
      of.watch.before = { extend };
      reached.open();
      await held.promise;
    };
    of.watch.before = { extend, moveRun };
    of.mr.worker();
    await of.time.advance(5_000);
    await reached.promise;
    const other = of.otherWorker();
    expect(await ended(of, handle)).toMatchObject({ state: "completed" });
    await of.time.settle();
    expect(told).toEqual(["completed"]);
    held.open();
    await of.time.advance(5_000);
    expect(told).toEqual(["completed"]);
    await other.stop();
  });
});
