/** Rules of restarting a run: moveRun with a coordinator. */
import type { NewJob, NewRun, RunMove, RunState } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { COMPLETED, dead, item, mark, newJob, newRun } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { UNKEEPABLE_TEXTS } from "./texts.ts";

/** The same run goes on, under another coordinator that comes in the move's own transaction. */
export function restartRunRules(home: TestHome): void {
  describe("restart-run", () => {
    const rule = rulesOn(home);
    describe("restarted", () => restartedRules(rule));
    describe("once", () => onceRules(rule));
    describe("refused", () => refusedRules(rule));
  });
}

const FINISHED: readonly RunState[] = ["partial", "failed", "cancelled"];

/** A run that has ended so, its coordinator too. */
async function endedRun(scene: Scene, to: RunState, given: Partial<NewRun> = {}): Promise<NewRun> {
  const run = newRun(given);
  await scene.store.startRun(run, newJob({ run: run.id, name: "coordinator" }));
  const held = await scene.claimOne({ names: ["coordinator"] });
  const told = { result: '{"n":1}', error: '{"class":"timeout"}' };
  const move = { run: run.id, from: ["running"], to, ...told } as const;
  expect(await scene.store.moveRun(move)).toBe("applied");
  await scene.settle(held, COMPLETED);
  return run;
}

/** A restart of a run, and its coordinator. */
function restartOf(
  { id }: Pick<NewRun, "id">,
  given: Partial<NewJob> = {},
): RunMove & { readonly coordinator: NewJob } {
  const coordinator = newJob({ run: id, name: "coordinator", ...given });
  return { run: id, from: FINISHED, to: "running", coordinator };
}

function restartedRules(rule: Rule): void {
  rule("a run that ended goes on under the new coordinator", async (scene) => {
    for (const state of FINISHED) {
      const run = await endedRun(scene, state, { instance: state });
      const before = await scene.run({ ids: [run.id] });
      await scene.advance(100);
      const restart = restartOf(run);
      expect(await scene.store.moveRun(restart)).toBe("applied");
      const { finishedAtMs, result, error, ...rest } = before;
      expect({ finishedAtMs, result, error }).toEqual({
        finishedAtMs: before.createdAtMs,
        result: '{"n":1}',
        error: '{"class":"timeout"}',
      });
      expect(await scene.run({ ids: [run.id] })).toEqual({
        ...rest,
        state: "running",
        coordinator: restart.coordinator.id,
        restarts: 1,
        updatedAtMs: before.createdAtMs + 100,
      });
      expect(await scene.queueCounts()).toMatchObject({ queued: 1 });
      const held = await scene.claimOne({ names: ["coordinator"] });
      expect(held).toMatchObject({ id: restart.coordinator.id, run: run.id });
      expect(
        await scene.store.moveRun({ run: run.id, from: ["running"], to: "completed", holder: held }),
      ).toBe("applied");
      await scene.settle(held, COMPLETED);
    }
  });

  rule("its steps, ledger and counters stay, and each restart counts", async (scene) => {
    const run = await endedRun(scene, "failed");
    const step = { run: run.id, step: "load" };
    const other = await scene.hold();
    await scene.save(other, { step, items: [item("a")], marks: [mark(step, "failed", { starts: 1 })] });
    const steps = await scene.steps(run.id);
    for (const restarts of [1, 2, 3]) {
      expect(await scene.store.moveRun(restartOf(run))).toBe("applied");
      expect(await scene.run({ ids: [run.id] })).toMatchObject({ restarts, counters: { load: { done: 1 } } });
      expect(await scene.steps(run.id)).toEqual(steps);
      await scene.store.moveRun({ run: run.id, from: ["running"], to: "cancelled" });
    }
    expect(await scene.items(step)).toHaveLength(1);
  });

  rule("a full queue refuses no restart", async (scene) => {
    const run = await endedRun(scene, "failed");
    await scene.store.configureQueue("work", { capacity: 0 });
    expect(await scene.store.moveRun(restartOf(run))).toBe("applied");
    expect(await scene.queueCounts()).toEqual({ completed: 1, queued: 1 });
  });

  rule("a move without a coordinator is no restart", async (scene) => {
    const run = await endedRun(scene, "failed");
    const before = await scene.run({ ids: [run.id] });
    expect(await scene.store.moveRun({ run: run.id, from: ["failed"], to: "running" })).toBe("applied");
    expect(await scene.run({ ids: [run.id] })).toMatchObject({
      restarts: 0,
      coordinator: before.coordinator,
      error: before.error,
    });
  });

  rule("the audit says who restarted it, and with which coordinator", async (scene) => {
    const run = await endedRun(scene, "failed");
    const restart = restartOf(run);
    const actor = { kind: "user", id: "ann" } as const;
    await scene.store.moveRun({ ...restart, note: { actor, reason: "the disk is empty again" } });
    expect((await recordsOf(scene)).at(-1)).toMatchObject({
      type: "run.moved",
      actor,
      resourceId: run.id,
      details: { coordinator: restart.coordinator.id, definition: run.definition },
      before: { state: "failed" },
      after: { state: "running" },
      reason: "the disk is empty again",
    });
  });
}

function onceRules(rule: Rule): void {
  rule("a restart that is sent again is applied, and changes nothing", async (scene) => {
    const run = await endedRun(scene, "failed");
    const restart = restartOf(run);
    expect(await scene.store.moveRun(restart)).toBe("applied");
    await scene.advance(10);
    const before = await scene.run({ ids: [run.id] });
    expect(await scene.store.moveRun(restart)).toBe("applied");
    expect(await scene.run({ ids: [run.id] })).toEqual(before);
    expect(await scene.queueCounts()).toEqual({ completed: 1, queued: 1 });
    await scene.settle(await scene.claimOne({ names: ["coordinator"] }), dead());
    await scene.store.moveRun({ run: run.id, from: ["running"], to: "failed" });
    const failed = await scene.run({ ids: [run.id] });
    expect(await scene.store.moveRun(restart)).toBe("applied");
    expect(await scene.run({ ids: [run.id] })).toEqual(failed);
    expect(await scene.queueCounts()).toEqual({ completed: 1, dead: 1 });
  });

  rule("of overlapping restarts one is applied, and only its coordinator comes", async (scene) => {
    const run = await endedRun(scene, "partial");
    const restarts = [restartOf(run), restartOf(run), restartOf(run)];
    const answers = await Promise.all(restarts.map((restart) => scene.store.moveRun(restart)));
    expect(answers.toSorted()).toEqual(["applied", "conflict", "conflict"]);
    const { coordinator } = restarts[answers.indexOf("applied")] ?? restartOf(run);
    expect(await scene.run({ ids: [run.id] })).toMatchObject({ restarts: 1, coordinator: coordinator.id });
    expect(await scene.queueCounts()).toEqual({ completed: 1, queued: 1 });
  });

  rule("a run is not restarted beside another of its instance, by whichever comes first", async (scene) => {
    const [run, later] = [await endedRun(scene, "failed"), newRun()];
    await scene.store.startRun(later, newJob({ run: later.id }));
    expect(await scene.store.moveRun(restartOf(run))).toBe("conflict");
    expect(await scene.run({ ids: [run.id] })).toMatchObject({ state: "failed", restarts: 0 });
    expect(await scene.queueCounts()).toEqual({ completed: 1, queued: 1 });
    const other = await endedRun(scene, "failed", { instance: "two" });
    const fresh = newRun({ instance: "two" });
    const [restarted, started] = await Promise.all([
      scene.store.moveRun(restartOf(other)),
      scene.store.startRun(fresh, newJob({ run: fresh.id })),
    ]);
    const winner = restarted === "applied" ? other.id : fresh.id;
    expect(started).toEqual({ result: restarted === "applied" ? "resumed" : "started", run: winner });
    expect(await scene.queueCounts()).toEqual({ completed: 2, queued: 2 });
  });
}

function refusedRules(rule: Rule): void {
  rule("from a state that is not named it is a conflict, and no coordinator comes", async (scene) => {
    const run = await endedRun(scene, "failed");
    expect(await scene.store.moveRun({ ...restartOf(run), from: ["partial"] })).toBe("conflict");
    await scene.store.moveRun(restartOf(run));
    expect(await scene.store.moveRun(restartOf(run))).toBe("conflict");
    expect(await scene.store.moveRun(restartOf(newRun()))).toBe("not-found");
    expect(await scene.queueCounts()).toEqual({ completed: 1, queued: 1 });
  });

  rule("only finished runs are restarted, and only to running", async (scene) => {
    const run = await endedRun(scene, "failed");
    for (const wrong of [
      { from: ["failed", "running"] },
      { from: ["paused"] },
      { to: "starting" },
      { to: "completed" },
    ] as const) {
      const move: RunMove = { ...restartOf(run), ...wrong };
      await expect(scene.store.moveRun(move)).rejects.toMatchObject({ code: "bad-usage" });
    }
    expect(await scene.run({ ids: [run.id] })).toMatchObject({ state: "failed", restarts: 0 });
  });

  rule("with a coordinator that no store keeps, or with keys, it is refused whole", async (scene) => {
    const run = await endedRun(scene, "failed");
    for (const envelope of UNKEEPABLE_TEXTS) {
      await expect(scene.store.moveRun(restartOf(run, { envelope }))).rejects.toMatchObject({
        code: "bad-input",
      });
    }
    const keyed = restartOf(run, { orderingKey: "k" });
    await expect(scene.store.moveRun(keyed)).rejects.toMatchObject({ code: "bad-usage" });
    expect(await scene.run({ ids: [run.id] })).toMatchObject({ state: "failed", restarts: 0 });
    expect(await scene.queueCounts()).toEqual({ completed: 1 });
  });
}
