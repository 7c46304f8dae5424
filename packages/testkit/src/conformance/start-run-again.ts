/** Rules of startRun: an instance whose run has ended. */
import type { RunId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJob, newRun } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import { claimCoordinator, move, start } from "./started.ts";

/** When an instance that has run may run again. */
export function startRunAgainRules(home: TestHome): void {
  describe("start-run, again", () => {
    const rule = rulesOn(home);
    describe("finished", () => finishedRules(rule));
    describe("given up", () => orphanRules(rule));
  });
}

function finishedRules(rule: Rule): void {
  rule("a completed instance does not run again by itself", async (scene) => {
    const first = await start(scene);
    await move(scene, first.run, "completed");
    const again = await start(scene);
    expect(again).toMatchObject({ result: "finished", run: first.run });
    expect(await scene.ids({ ids: [again.coordinator] })).toEqual([]);
    expect(await scene.run({ ids: [first.run] })).toMatchObject({ state: "completed" });
  });

  rule("it runs again where it is asked to, and each time anew", async (scene) => {
    const runs: RunId[] = [];
    for (let time = 0; time < 3; time += 1) {
      const started = await start(scene, { rerun: true });
      expect(started).toMatchObject({ result: "started", run: started.asked });
      await move(scene, started.run, "completed");
      runs.push(started.run);
    }
    expect(await start(scene)).toMatchObject({ result: "finished", run: runs.at(-1) });
  });

  rule("partial, failed and cancelled runs never stand in the way", async (scene) => {
    for (const state of ["partial", "failed", "cancelled"] as const) {
      const started = await start(scene);
      expect(started.result).toBe("started");
      await move(scene, started.run, state);
    }
    expect((await start(scene)).result).toBe("started");
  });

  rule("a run that was moved on after it completed no longer finishes its instance", async (scene) => {
    const { run } = await start(scene);
    await move(scene, run, "completed");
    expect(await scene.store.moveRun({ run, from: ["completed"], to: "partial" })).toBe("applied");
    expect((await start(scene)).result).toBe("started");
  });

  rule(
    "a forced start opens a new run though the instance has completed; an active one is resumed",
    async (scene) => {
      const first = await start(scene);
      expect(await start(scene, { force: true })).toMatchObject({ result: "resumed", run: first.run });
      await move(scene, first.run, "completed");
      const forced = await start(scene, { force: true });
      expect(forced).toMatchObject({ result: "started", run: forced.asked });
      await move(scene, forced.run, "completed");
      expect(await start(scene)).toMatchObject({ result: "finished", run: forced.run });
    },
  );

  rule("a start sent again after its run has ended opens nothing", async (scene) => {
    for (const [index, to] of (["completed", "partial", "failed", "cancelled"] as const).entries()) {
      for (const given of [{}, { rerun: true }, { force: true }] as const) {
        const run = newRun({ instance: `${to} ${JSON.stringify(given)}`, ...given });
        const coordinator = newJob({ name: `coordinator-${index}`, run: run.id });
        expect((await scene.store.startRun(run, coordinator)).result).toBe("started");
        await move(scene, run.id, to);
        expect(await scene.store.startRun(run, coordinator)).toEqual({ result: "finished", run: run.id });
        expect((await scene.run({ ids: [run.id] })).state).toBe(to);
      }
    }
    expect(await scene.queueCounts()).toEqual({ queued: 12 });
  });

  rule("an instance that completed once is finished, though a later run failed", async (scene) => {
    const completed = await start(scene);
    await move(scene, completed.run, "completed");
    const failed = await start(scene, { rerun: true });
    await move(scene, failed.run, "failed");
    expect(await start(scene)).toMatchObject({ result: "finished", run: completed.run });
  });
}

function orphanRules(rule: Rule): void {
  rule("an active run whose coordinator crashed is failed, and another may start", async (scene) => {
    const run = newRun();
    await scene.store.startRun(run, newJob({ maxRescues: 0 }));
    await scene.claim();
    await scene.expire();
    expect((await start(scene)).result).toBe("resumed");
    await scene.claimSuspect();
    await scene.expire();
    await scene.advance(5);
    const again = await start(scene);
    expect(again).toMatchObject({ result: "started", run: again.asked });
    const orphan = await scene.run({ ids: [run.id] });
    expect(orphan.state).toBe("failed");
    expect(orphan.finishedAtMs).toBeGreaterThan(orphan.createdAtMs);
    expect(JSON.parse(orphan.error ?? "null")).toMatchObject({
      class: "crashed",
      message: expect.any(String),
    });
  });

  rule("so is one whose coordinator ended without ending the run", async (scene) => {
    for (const outcome of [COMPLETED, dead()]) {
      const { run } = await start(scene);
      await scene.settle(await claimCoordinator(scene), outcome);
      expect((await start(scene)).result).toBe("started");
      expect((await scene.run({ ids: [run] })).state).toBe("failed");
      await scene.settle(await claimCoordinator(scene), COMPLETED);
    }
  });
}
