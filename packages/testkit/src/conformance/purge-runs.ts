/** Rules of purgeRuns: what was written of removed runs goes, piece by piece. */
import type { NewRun } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, item, newJob } from "./builders.ts";
import { endedRun, loadOf, purge } from "./remove-runs.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** What is deleted, in which pieces, and when a run is let go of. */
export function purgeRunRules(home: TestHome): void {
  describe("purge-runs", () => {
    const rule = rulesOn(home);
    describe("pieces", () => pieceRules(rule));
    describe("late writers", () => lateRules(rule));
  });
}

function scopes({ id }: NewRun): string {
  return `step:${id}:`;
}

function pieceRules(rule: Rule): void {
  rule("go piece by piece, none larger than asked, until nothing of the run is left", async (scene) => {
    const runs = [await endedRun(scene), await endedRun(scene)];
    await scene.foldAll();
    await scene.store.removeRuns(runs.map(({ id }) => id));
    const pieces = await purge(scene, 2);
    expect(Math.max(...pieces)).toBe(2);
    expect(pieces.reduce((sum, piece) => sum + piece, 0)).toBe(2 * (3 + 1 + 1)); // items, a step, a counter
    for (const run of runs) expect(await scene.store.countersUnder(scopes(run))).toEqual({});
    expect(await scene.store.purgeRuns({ limit: 100 })).toEqual({ removed: 0, more: false });
  });

  rule("of runs that are not removed stay", async (scene) => {
    const run = await endedRun(scene);
    expect(await scene.store.purgeRuns({ limit: 100 })).toEqual({ removed: 0, more: false });
    expect(await scene.items(loadOf(run))).toHaveLength(3);
  });

  rule("passes that overlap delete each row once", async (scene) => {
    const runs = [await endedRun(scene), await endedRun(scene), await endedRun(scene)];
    await scene.foldAll();
    await scene.store.removeRuns(runs.map(({ id }) => id));
    const passes = (await Promise.all([purge(scene, 2), purge(scene, 2), purge(scene, 2)])).flat();
    const rest = await purge(scene);
    expect([...passes, ...rest].reduce((sum, piece) => sum + piece, 0)).toBe(3 * 5);
  });

  rule("a store that is opened again goes on with them", async (scene) => {
    const run = await endedRun(scene);
    await scene.foldAll();
    await scene.store.removeRuns([run.id]);
    expect(await scene.store.purgeRuns({ limit: 2 })).toEqual({ removed: 2, more: true });
    await scene.reopen();
    expect(await scene.items(loadOf(run))).toEqual([]);
    expect((await purge(scene)).reduce((sum, piece) => sum + piece, 0)).toBe(3);
  });
}

function lateRules(rule: Rule): void {
  rule("counts that were still to be folded go when they have been", async (scene) => {
    const run = await endedRun(scene);
    await scene.store.removeRuns([run.id]);
    expect(await purge(scene)).toEqual([4]);
    expect(await scene.store.countersUnder(scopes(run))).toEqual({ [`${scopes(run)}load`]: { done: 3 } });
    await scene.foldAll();
    await scene.advance(60_000);
    expect(await purge(scene)).toEqual([1]);
    expect(await scene.store.countersUnder(scopes(run))).toEqual({});
  });

  rule("what a job of the run writes that lives again is not shown, and goes too", async (scene) => {
    const run = await endedRun(scene);
    await scene.foldAll();
    const [coordinator] = await scene.ids({ run: run.id });
    if (coordinator === undefined) throw new Error("the run has a coordinator");
    await scene.store.removeRuns([run.id]);
    await scene.store.retry([coordinator]);
    expect(await purge(scene)).toEqual([5]);
    const held = await scene.claimOne({ names: ["coordinator"] });
    await scene.save(held, { step: loadOf(run), items: [item("a"), item("z")] });
    expect(await scene.items(loadOf(run))).toEqual([]);
    await scene.settle(held, COMPLETED);
    await scene.foldAll();
    await scene.advance(60_000);
    expect(await purge(scene)).toEqual([3]);
    expect(await scene.store.countersUnder(scopes(run))).toEqual({});
    expect(await scene.store.startRun(run, newJob({ run: run.id }))).toEqual({
      result: "started",
      run: run.id,
    });
    expect(await scene.items(loadOf(run))).toEqual([]);
  });
}
