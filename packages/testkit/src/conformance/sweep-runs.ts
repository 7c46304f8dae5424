/** Rules of sweepRuns: no run that nobody drives stays active. */
import type { ClaimedJob, NewRun, RunId, RunState } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { COMPLETED, dead, mark, newJob, newRun, retry, snoozed, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Which runs a sweep ends, as what, and what becomes of their steps. */
export function sweepRunRules(home: TestHome): void {
  describe("sweep-runs", () => {
    const rule = rulesOn(home);
    describe("ended", () => endedRules(rule));
    describe("left alone", () => leftRules(rule));
    describe("passes", () => passRules(rule));
  });
}

interface Started {
  readonly run: NewRun;
  readonly held: ClaimedJob;
}

/** Starts a run and claims its coordinator. */
async function start(scene: Scene, given: Partial<NewRun> = {}): Promise<Started> {
  const run = newRun(given);
  await scene.store.startRun(run, newJob({ run: run.id, name: "coordinator" }));
  return { run, held: await scene.claimOne({ names: ["coordinator"] }) };
}

/** Starts a run whose coordinator ends without moving it. */
async function strandedRun(scene: Scene, given: Partial<NewRun> = {}): Promise<NewRun> {
  const { run, held } = await start(scene, given);
  await scene.settle(held, COMPLETED);
  return run;
}

async function sweep(scene: Scene, limit = 100) {
  return scene.store.sweepRuns({ limit });
}

async function stateOf(scene: Scene, id: RunId): Promise<RunState> {
  return (await scene.run({ ids: [id] })).state;
}

/** A step in each state. */
async function markSteps(scene: Scene, { run, held }: Started): Promise<void> {
  const states = ["pending", "running", "completed", "failed", "skipped"] as const;
  const marks = states.map((state) => mark({ run: run.id, step: state }, state, { starts: 1 }));
  await scene.save(held, { marks });
}

async function stepStates(scene: Scene, id: RunId): Promise<Record<string, string>> {
  return Object.fromEntries((await scene.steps(id)).map(({ step, state }) => [step, state]));
}

function endedRules(rule: Rule): void {
  rule(
    "a run whose coordinator ended without moving it has failed, and so have its running steps",
    async (scene) => {
      for (const outcome of [COMPLETED, dead()]) {
        const started = await start(scene);
        await markSteps(scene, started);
        await scene.settle(started.held, outcome);
        await scene.advance(50);
        expect(await sweep(scene)).toEqual([{ run: started.run.id, to: "failed" }]);
        const row = await scene.run({ ids: [started.run.id] });
        const atMs = row.createdAtMs + 50;
        expect(row).toMatchObject({ state: "failed", finishedAtMs: atMs, updatedAtMs: atMs, restarts: 0 });
        expect(JSON.parse(row.error ?? "null")).toEqual({ class: "crashed", message: expect.any(String) });
        expect(await stepStates(scene, started.run.id)).toEqual({
          ...{ pending: "pending", running: "failed", completed: "completed" },
          ...{ failed: "failed", skipped: "skipped" },
        });
        const [step] = (await scene.store.steps({ run: row.id, steps: ["running"] }, { limit: 1 })).rows;
        expect(step).toMatchObject({
          starts: 1,
          startedAtMs: row.createdAtMs,
          finishedAtMs: atMs,
          updatedAtMs: atMs,
        });
      }
    },
  );

  rule("one that is being cancelled is cancelled, with its steps that have not ended", async (scene) => {
    const started = await start(scene);
    const { run, held } = started;
    await markSteps(scene, started);
    await scene.store.moveRun({ run: run.id, from: ["running"], to: "cancelling" });
    await scene.store.cancel([held.id]);
    expect(await sweep(scene)).toEqual([]);
    await scene.settle(held, COMPLETED);
    await scene.advance(50);
    expect(await sweep(scene)).toEqual([{ run: run.id, to: "cancelled" }]);
    const row = await scene.run({ ids: [run.id] });
    expect(row).toMatchObject({ state: "cancelled", finishedAtMs: row.createdAtMs + 50 });
    expect(row.error).toBeUndefined();
    expect(await stepStates(scene, run.id)).toEqual({
      ...{ pending: "cancelled", running: "cancelled", completed: "completed" },
      ...{ failed: "failed", skipped: "skipped" },
    });
  });

  rule("paused and starting ones fail like running ones", async (scene) => {
    for (const to of ["paused", "starting"] as const) {
      const run = await strandedRun(scene);
      await scene.store.moveRun({ run: run.id, from: ["running"], to });
      expect(await sweep(scene)).toEqual([{ run: run.id, to: "failed" }]);
    }
  });

  rule("the instance may run again, and the run be restarted", async (scene) => {
    const run = await strandedRun(scene);
    await sweep(scene);
    const coordinator = newJob({ run: run.id });
    expect(await scene.store.moveRun({ run: run.id, from: ["failed"], to: "running", coordinator })).toBe(
      "applied",
    );
    expect(await sweep(scene)).toEqual([]);
    await scene.settle(await scene.claimOne(), dead());
    expect(await sweep(scene)).toEqual([{ run: run.id, to: "failed" }]);
    const again = newRun();
    expect(await scene.store.startRun(again, newJob())).toEqual({ result: "started", run: again.id });
  });

  rule("a start of the instance does as much for the steps of the run it gives up", async (scene) => {
    const started = await start(scene);
    await markSteps(scene, started);
    await scene.settle(started.held, dead());
    await scene.store.startRun(newRun(), newJob());
    expect(await stepStates(scene, started.run.id)).toMatchObject({ pending: "pending", running: "failed" });
  });

  rule("the audit keeps every failure, and no end that somebody asked for", async (scene) => {
    const [failed, cancelled] = [await strandedRun(scene, { tenant: "acme" }), await strandedRun(scene)];
    await scene.store.moveRun({ run: cancelled.id, from: ["running"], to: "cancelling" });
    expect(await sweep(scene)).toHaveLength(2);
    expect(await recordsOf(scene)).toMatchObject([
      {
        type: "run.failed",
        tenant: "acme",
        resourceId: failed.id,
        before: { state: "running" },
        after: { state: "failed" },
      },
    ]);
  });
}

function leftRules(rule: Rule): void {
  rule("a run whose coordinator is live in any way", async (scene) => {
    const run = newRun();
    await scene.store.startRun(run, newJob({ run: run.id }));
    expect(await sweep(scene)).toEqual([]);
    const held = await scene.claimOne();
    expect(await sweep(scene)).toEqual([]);
    for (const outcome of [retry(500), snoozed(500)]) {
      const again = outcome.kind === "retry" ? held : await scene.claimOne();
      await scene.settle(again, outcome);
      expect(await sweep(scene)).toEqual([]);
      await scene.advance(500);
    }
    const last = await scene.claimOne();
    await scene.save(last, { spawn: [newJob({ name: "child" })] });
    await scene.settle(last, suspended());
    expect(await sweep(scene)).toEqual([]);
    expect(await stateOf(scene, run.id)).toBe("running");
  });

  rule("a run of which any other job is live, however far down", async (scene) => {
    const { run, held } = await start(scene);
    const step = newJob({ run: run.id, name: "step" });
    await scene.save(held, { spawn: [step] });
    await scene.settle(held, COMPLETED);
    const stepHeld = await scene.claimOne({ names: ["step"] });
    await scene.save(stepHeld, { spawn: [newJob({ run: run.id, name: "chunk" })] });
    expect(await sweep(scene)).toEqual([]);
    await scene.settle(stepHeld, dead());
    expect(await sweep(scene)).toEqual([]);
    const chunk = await scene.claimOne({ names: ["chunk"] });
    expect(await sweep(scene)).toEqual([]);
    await scene.settle(chunk, dead());
    await scene.store.retry([chunk.id]);
    expect(await sweep(scene)).toEqual([]);
    await scene.settle(await scene.claimOne({ names: ["chunk"] }), COMPLETED);
    expect(await sweep(scene)).toEqual([{ run: run.id, to: "failed" }]);
  });

  rule("other runs' jobs and those of no run keep nobody", async (scene) => {
    const before = newRun({ instance: "before" });
    await scene.store.startRun(before, newJob({ run: before.id, queue: "other" }));
    const run = await strandedRun(scene);
    const after = newRun({ instance: "after" });
    await scene.store.startRun(after, newJob({ run: after.id, queue: "other" }));
    await scene.add();
    expect(await sweep(scene)).toEqual([{ run: run.id, to: "failed" }]);
  });

  rule("a run that has finished", async (scene) => {
    for (const to of ["completed", "partial", "failed", "cancelled"] as const) {
      const run = await strandedRun(scene, { rerun: true });
      await scene.store.moveRun({ run: run.id, from: ["running"], to });
      expect(await sweep(scene)).toEqual([]);
      expect(await stateOf(scene, run.id)).toBe(to);
    }
  });
}

function passRules(rule: Rule): void {
  rule("a pass ends so many runs and no more, oldest first; live ones are no burden to it", async (scene) => {
    const live = newRun({ instance: "live" });
    await scene.store.startRun(live, newJob({ run: live.id, queue: "other" }));
    const runs: RunId[] = [];
    for (const instance of ["a", "b", "c", "d", "e"]) runs.push((await strandedRun(scene, { instance })).id);
    expect((await sweep(scene, 2)).map(({ run }) => run)).toEqual(runs.slice(0, 2));
    expect((await sweep(scene, 2)).map(({ run }) => run)).toEqual(runs.slice(2, 4));
    expect((await sweep(scene, 2)).map(({ run }) => run)).toEqual(runs.slice(4));
    expect(await sweep(scene, 2)).toEqual([]);
  });

  rule("overlapping passes end each run once", async (scene) => {
    const runs: RunId[] = [];
    for (const instance of ["a", "b", "c"]) runs.push((await strandedRun(scene, { instance })).id);
    const swept = (await Promise.all([sweep(scene), sweep(scene), sweep(scene)])).flat();
    const late = await sweep(scene);
    expect([...swept, ...late].map(({ run }) => run).toSorted()).toEqual(runs);
    expect(await recordsOf(scene)).toHaveLength(3);
  });
}
