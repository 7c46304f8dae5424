/** Rules of cancelled parents and children. */
import type { ClaimedJob, NewJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, LEASE_MS, newJob, newJobs, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What a cancelled child does to its parent, and a cancelled parent to its children. */
export function cancelTreeRules(home: TestHome): void {
  describe("cancelling trees", () => {
    const rule = rulesOn(home);
    describe("upwards", () => upRules(rule));
    describe("downwards", () => downRules(rule));
  });
}

const CHILDREN = "children";

async function waitingParent(scene: Scene, children: readonly NewJob[], wakeAt = 0): Promise<ClaimedJob> {
  const parent = await scene.hold();
  await scene.settle(parent, suspended(wakeAt), { spawn: children });
  return parent;
}

function upRules(rule: Rule): void {
  rule("a cancelled child wakes its parent like one that died", async (scene) => {
    const children = newJobs(2, { queue: CHILDREN });
    const parent = await waitingParent(scene, children);
    const [held] = await scene.claim({ queue: CHILDREN, max: 1 });
    const [queued] = children.filter((child) => child.id !== held?.id);
    if (!held || !queued) throw new Error("one of two was to be claimed");
    await scene.advance(30);
    await scene.store.cancel([queued.id]);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.store.cancel([held.id]);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settle(held, COMPLETED);
    const row = await scene.row(parent.id);
    expect(row).toMatchObject({ state: "ready", runAtMs: row.createdAtMs + 30 });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("a flagged child whose holder vanishes wakes its parent", async (scene) => {
    const parent = await waitingParent(scene, newJobs(1, { queue: CHILDREN }));
    const [held] = await scene.claim({ queue: CHILDREN });
    if (!held) throw new Error("it was to be claimed");
    await scene.store.cancel([held.id]);
    await scene.expire();
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("a parent and its children cancelled in one call all end", async (scene) => {
    const children = newJobs(3, { queue: CHILDREN });
    const parent = await waitingParent(scene, children);
    const ids = [...children.map((child) => child.id), parent.id];
    expect(await scene.store.cancel(ids)).toEqual(ids.map(() => "cancelled"));
    expect(await scene.queueCounts()).toEqual({ cancelled: 1 });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 3 });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
  });
}

function downRules(rule: Rule): void {
  rule("children of a cancelled parent follow, those that run by flag", async (scene) => {
    const children = newJobs(3, { queue: CHILDREN });
    const parent = await waitingParent(scene, children);
    const held = await scene.claim({ queue: CHILDREN, max: 1 });
    await scene.store.cancel([parent.id]);
    expect(await scene.queueCounts(CHILDREN)).toEqual({ queued: 2, running: 1 });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 3, more: false });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 2, running: 1 });
    const [child] = held;
    if (!child) throw new Error("one was to be claimed");
    expect(await scene.settle(child, COMPLETED)).toBe("applied-as-cancelled");
    expect((await scene.row(child.id)).records).toContain("its parent was cancelled");
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
  });

  rule("a tree is cancelled generation by generation, a few at a time", async (scene) => {
    const children = newJobs(4, { queue: CHILDREN });
    const parent = await waitingParent(scene, children);
    const [child] = await scene.claim({ queue: CHILDREN, max: 1 });
    if (!child) throw new Error("one was to be claimed");
    const grandchildren = newJobs(2, { queue: "grandchildren" });
    await scene.settle(child, suspended(), { spawn: grandchildren });
    await scene.store.cancel([parent.id]);
    expect(await scene.store.cascade({ limit: 3 })).toEqual({ cancelled: 3, more: true });
    expect(await scene.store.cascade({ limit: 3 })).toEqual({ cancelled: 3, more: false });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 4 });
    expect(await scene.queueCounts("grandchildren")).toEqual({ cancelled: 2 });
  });

  rule("children that a flagged parent still spawns are found too", async (scene) => {
    const parent = await scene.hold();
    await scene.store.cancel([parent.id]);
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
    const early = newJob({ queue: CHILDREN });
    await scene.save(parent, { spawn: [early] });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 1, more: false });
    const late = newJob({ queue: CHILDREN });
    expect(await scene.settle(parent, suspended(), { spawn: [late] })).toBe("applied-as-cancelled");
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 1, more: false });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 2 });
  });

  rule("children of a flagged parent that vanished follow as well", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { spawn: newJobs(2, { queue: CHILDREN }) });
    await scene.store.cancel([parent.id]);
    await scene.advance(LEASE_MS);
    await scene.store.rescue({ limit: 10 });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 2, more: false });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 2 });
  });

  rule("children of a job that merely ended go on", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, COMPLETED, { spawn: newJobs(2, { queue: CHILDREN }) });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ queued: 2 });
  });

  rule("sweepers at the same time cancel every child once", async (scene) => {
    const parent = await waitingParent(scene, newJobs(200, { queue: CHILDREN }));
    await scene.store.cancel([parent.id]);
    const sweep = async () => {
      while ((await scene.store.cascade({ limit: 20 })).more);
    };
    await Promise.all([sweep(), sweep(), sweep()]);
    await sweep();
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 200 });
  });
}
