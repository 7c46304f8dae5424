/** Rules of cleanUp: finished jobs that are forgotten by age. */
import { type ClaimedJob, type JobId, type NewRun, RUN_STATES, TERMINAL_STATES } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJob, newJobs, newRun, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Deleting by age and state. */
export function cleanUpRules(home: TestHome): void {
  describe("cleanUp", () => cleaningRules(rulesOn(home)));
}

/** Jobs finished one second after the other, oldest first. */
async function finished(scene: Scene, count: number): Promise<readonly ClaimedJob[]> {
  await scene.store.enqueue(newJobs(count));
  const held = await scene.claim();
  for (const job of held) {
    await scene.settle(job, COMPLETED);
    await scene.advance(1_000);
  }
  return held;
}

function cleaningRules(rule: Rule): void {
  rule("forgets what finished so long ago or longer, and nothing younger", async (scene) => {
    const held = await finished(scene, 4);
    const removal = { olderThanMs: 3_000, states: ["completed"], limit: 100 } as const;
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 2, more: false });
    expect((await scene.ids({})).sort()).toEqual(
      held
        .slice(2)
        .map((job) => job.id)
        .sort(),
    );
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 0, more: false });
  });

  rule("goes from the oldest on, at most as many as asked", async (scene) => {
    const held = await finished(scene, 5);
    const removal = { olderThanMs: 0, states: ["completed"], limit: 2 } as const;
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 2, more: true });
    expect(await scene.ids({ ids: held.slice(0, 2).map((job) => job.id) })).toEqual([]);
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 2, more: true });
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 1, more: false });
    expect(await scene.ids({})).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ completed: 5 });
  });

  rule("forgets the states that are named, dead letters only by name", async (scene) => {
    await scene.store.enqueue(newJobs(3));
    const [done, lost, stopped] = await scene.claim();
    if (!done || !lost || !stopped) throw new Error("three were to be claimed");
    await scene.settle(done, COMPLETED);
    await scene.settle(lost, dead());
    await scene.store.cancel([stopped.id]);
    await scene.settle(stopped, COMPLETED);
    const removal = { olderThanMs: 0, limit: 100 };
    expect(await scene.store.cleanUp({ ...removal, states: [] })).toEqual({ removed: 0, more: false });
    const harmless = TERMINAL_STATES.filter((state) => state !== "dead");
    expect(await scene.store.cleanUp({ ...removal, states: harmless })).toEqual({ removed: 2, more: false });
    expect(await scene.ids({})).toEqual([lost.id]);
    expect(await scene.store.cleanUp({ ...removal, states: ["dead"] })).toEqual({ removed: 1, more: false });
    expect(await scene.ids({})).toEqual([]);
  });

  rule("live jobs are never too old", async (scene) => {
    await scene.store.enqueue(newJobs(3));
    await scene.claim({ max: 1 });
    await scene.advance(1_000_000);
    const removal = { olderThanMs: 0, states: TERMINAL_STATES, limit: 100 };
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 0, more: false });
    expect(await scene.ids({})).toHaveLength(3);
  });

  rule("children that did not complete stay while their parent is live", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, suspended(1), { spawn: newJobs(4, { queue: "children" }) });
    const [done, lost, stopped] = await scene.claim({ queue: "children" });
    if (!done || !lost || !stopped) throw new Error("they were to be claimed");
    await scene.settle(done, COMPLETED);
    await scene.settle(lost, dead());
    await scene.store.cancel([stopped.id]);
    await scene.settle(stopped, COMPLETED);
    const removal = { olderThanMs: 0, states: TERMINAL_STATES, limit: 1 };
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 1, more: false });
    expect((await scene.ids({ ids: [done.id, lost.id, stopped.id] })).sort()).toEqual(
      [lost.id, stopped.id].sort(),
    );
    await scene.store.cancel([parent.id]);
    expect(await scene.store.cleanUp({ ...removal, limit: 10 })).toEqual({ removed: 3, more: false });
  });

  rule(
    "so do those of runs that are active or cancelled, until these have ended otherwise",
    async (scene) => {
      for (const to of RUN_STATES) {
        const run = newRun({ instance: to });
        const unhappy = await unhappyChildren(scene, run);
        await scene.store.moveRun({ run: run.id, from: ["running"], to });
        const removal = { olderThanMs: 0, states: TERMINAL_STATES, limit: 10 };
        const isOver = ["completed", "partial", "failed"].includes(to);
        expect(await scene.store.cleanUp(removal), to).toEqual({ removed: isOver ? 4 : 2, more: false });
        expect((await scene.ids({ run: run.id })).sort(), to).toEqual(isOver ? [] : unhappy);
        await scene.store.delete(unhappy);
      }
    },
  );

  rule("a job that runs again is not forgotten for its earlier end", async (scene) => {
    const [first] = await finished(scene, 1);
    if (!first) throw new Error("one was to finish");
    await scene.store.retry([first.id]);
    const removal = { olderThanMs: 0, states: ["completed"], limit: 100, background: true } as const;
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 0, more: false });
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect(await scene.store.cleanUp(removal)).toEqual({ removed: 1, more: false });
  });

  rule("several cleaning at once forget every job once", async (scene) => {
    await scene.store.enqueue(newJobs(100));
    await scene.settleAll(await scene.claim(), COMPLETED);
    const clean = () => scene.store.cleanUp({ olderThanMs: 0, states: ["completed"], limit: 30 });
    const reports = await Promise.all([clean(), clean(), clean()]);
    const removed = reports.reduce((sum, report) => sum + report.removed, 0);
    expect(await scene.ids({})).toHaveLength(100 - removed);
  });
}

/** Of a run whose coordinator and three children have ended, the children that did not complete. */
async function unhappyChildren(scene: Scene, run: NewRun): Promise<readonly JobId[]> {
  await scene.store.startRun(run, newJob({ run: run.id, name: "coordinator" }));
  const spawn = newJobs(3, { queue: run.instance, run: run.id });
  await scene.settle(await scene.claimOne({ names: ["coordinator"] }), suspended(), { spawn });
  const [done, lost, stopped] = await scene.claim({ queue: run.instance });
  if (!done || !lost || !stopped) throw new Error("they were to be claimed");
  await scene.settle(done, COMPLETED);
  await scene.settle(lost, dead());
  await scene.store.cancel([stopped.id]);
  await scene.settle(stopped, COMPLETED);
  await scene.settle(await scene.claimOne({ names: ["coordinator"] }), dead());
  return [lost.id, stopped.id].sort();
}
