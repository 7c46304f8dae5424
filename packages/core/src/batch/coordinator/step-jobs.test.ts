import { describe, expect, test } from "vitest";
import { type Scene, scene, unreachable } from "../../testing/scene.fixture.ts";
import { ended } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import type { Startable } from "../pipeline/pipeline.ts";
import { play, statesOf, workerOf } from "../pipeline.fixture.ts";

describe("the job of a step", () => {
  test("does nothing twice, whatever answers are lost on the way", async () => {
    for (const verb of ["settle", "save", "moveRun", "findRuns", "steps", "startRun"] as const) {
      const ran: string[] = [];
      const pipeline = definePipeline({ name: "p" })
        .step("a", () => void ran.push("a"))
        .step("b", {
          read: () => [1, 2, 3],
          write: (items) => void ran.push(...items.map(String)),
          chunkSize: 2,
        })
        .step("c", () => void ran.push("c"));
      const of = scene([pipeline]);
      let calls = 0;
      of.watch.after[verb] = () => {
        calls += 1;
        if (calls % 7 === 1 || calls % 7 === 3) unreachable();
      };
      const starting = of.mr.start(pipeline, {});
      await of.time.advance(5_000);
      const handle = await starting;
      of.mr.worker();
      const view = { row: async () => (await of.store.findRuns({ ids: [handle.id] }, { limit: 1 })).rows[0] };
      const row = await ended(of as never, view as never);
      expect(row.state, verb).toBe("completed");
      expect([...ran].toSorted().join(" "), verb).toBe("1 2 3 a c");
      of.watch.after = {};
      const closing = of.mr.close();
      await of.time.advance(60_000);
      await closing;
    }
  });

  test("begins nothing while its run is paused, burns no attempt, and goes on when it is resumed", async () => {
    let runs = 0;
    const pipeline = definePipeline({ name: "p" }).step("one", () => {
      runs += 1;
      return runs;
    });
    const of = scene([pipeline]) as unknown as Scene<readonly []>; // nobody names its jobs
    const handle = await of.mr.start(pipeline as Startable<unknown>, {});
    const coordinating = workerOf(of, ["p/run"]);
    await of.time.advance(5_000);
    expect(await statesOf(handle)).toEqual({ one: "running" });
    await handle.pause();
    const working = workerOf(of, ["p/step"]);
    await of.time.advance(30_000);
    expect(runs).toBe(0);
    await handle.resume();
    expect(await ended(of, handle)).toMatchObject({ state: "completed", result: "1" });
    expect((await of.mr.jobs.list({ name: "p/step" })).rows).toMatchObject([{ attempts: 1 }]);
    await Promise.all([coordinating.stop(), working.stop()]);
  });

  test("of a step this program does not have waits for a worker that has it", async () => {
    const older = definePipeline({ name: "p" }).step("a", () => 1);
    const newer = older.step("b", () => 2);
    const { of, handle, ended: end } = await play(newer, {});
    await end();
    const { rows } = await of.mr.jobs.list({ name: "p/step" });
    expect(rows).toHaveLength(2);
    expect(await statesOf(handle)).toEqual({ a: "completed", b: "completed" });
    const { createMillrace } = await import("../../millrace.ts");
    const other = createMillrace({
      store: of.store,
      jobs: [older],
      timing: of.time,
      onError: () => undefined,
    });
    const handler = other.registry.get("p/step");
    expect(() => handler?.forPayload?.({ step: "b" })).toThrow(
      '"p" has no step "b" in this program; start one that has',
    );
    expect(() => handler?.forPayload?.({ step: "a/part" })).not.toThrow();
    await other.close();
  });
});
