/** Rules of families under a policy whose members are cancelled or replayed. */
import type { ChildPolicy, ClaimedJob, JobId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FAIL_FAST,
  newJob,
  newJobs,
  quorum,
  snoozed,
  tolerate,
  under,
  WAIT_ALL,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What cancels and replays do to those who wait under a policy, and what a parent's death does to its children. */
export function forkControlRules(home: TestHome): void {
  describe("fork policies and control", () => {
    const rule = rulesOn(home);
    describe("cancelled children", () => cancelledRules(rule));
    describe("children of a parent that died of them", () => orphanRules(rule));
    describe("replayed children", () => replayedChildRules(rule));
    describe("cancelled and replayed parents", () => parentRules(rule));
  });
}

const CHILDREN = "children";

interface Family {
  readonly parent: ClaimedJob;
  readonly ids: readonly JobId[];
}

/** A parent that waits under a policy for new children. */
async function family(scene: Scene, count: number, policy: ChildPolicy): Promise<Family> {
  const parent = await scene.hold();
  const children = newJobs(count, { queue: CHILDREN });
  await scene.settle(parent, under(policy), { spawn: children });
  return { parent, ids: children.map((child) => child.id) };
}

async function claimChild(scene: Scene): Promise<ClaimedJob> {
  return scene.claimOne({ queue: CHILDREN });
}

async function stateOf(scene: Scene, id: JobId): Promise<string> {
  return (await scene.row(id)).state;
}

function cancelledRules(rule: Rule): void {
  for (const [policy, count, state] of [
    [WAIT_ALL, 1, "ready"],
    [FAIL_FAST, 2, "dead"],
    [quorum(2), 2, "dead"],
    [quorum(1), 2, "waiting"],
    [tolerate(50), 3, "waiting"],
    [tolerate(20), 3, "dead"],
  ] as const) {
    const name = JSON.stringify(policy);
    rule(`count as failed under ${name}: one of ${count} leaves its parent ${state}`, async (scene) => {
      const { parent, ids } = await family(scene, count, policy);
      expect(await scene.store.cancel(ids.slice(0, 1))).toEqual(["cancelled"]);
      expect(await stateOf(scene, parent.id)).toBe(state);
    });
  }

  rule("count once their attempt is over, where they ran", async (scene) => {
    const { parent } = await family(scene, 2, FAIL_FAST);
    const child = await claimChild(scene);
    await scene.store.cancel([child.id]);
    expect(await stateOf(scene, parent.id)).toBe("waiting");
    expect(await scene.settle(child, COMPLETED)).toBe("applied-as-cancelled");
    expect(await scene.row(parent.id)).toMatchObject({ state: "dead", fingerprint: "children-failed" });
  });

  rule("count where their holder vanished", async (scene) => {
    const { parent } = await family(scene, 2, FAIL_FAST);
    await scene.store.cancel([(await claimChild(scene)).id]);
    await scene.expire();
    expect(await stateOf(scene, parent.id)).toBe("dead");
  });

  rule("decide about their parent, and that about its own, in one call", async (scene) => {
    const { parent } = await family(scene, 1, FAIL_FAST);
    const middle = await claimChild(scene);
    const leaf = newJob({ queue: "leaves" });
    await scene.settle(middle, under(FAIL_FAST), { spawn: [leaf] });
    await scene.store.cancel([leaf.id]);
    expect(await stateOf(scene, middle.id)).toBe("dead");
    expect(await stateOf(scene, parent.id)).toBe("dead");
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
  });

  rule("are judged once all of a call are cancelled", async (scene) => {
    const { parent, ids } = await family(scene, 3, quorum(2));
    await scene.store.cancel(ids);
    const row = await scene.row(parent.id);
    expect(row.records).toContain('"failed":3,"total":3');
    expect(await scene.queueCounts(CHILDREN)).toEqual({ cancelled: 3 });
  });
}

function orphanRules(rule: Rule): void {
  rule("are cancelled by the sweep, those that run by flag", async (scene) => {
    const { parent } = await family(scene, 4, FAIL_FAST);
    const failing = await claimChild(scene);
    const running = await claimChild(scene);
    await scene.settle(failing, dead());
    expect(await stateOf(scene, parent.id)).toBe("dead");
    expect(await scene.queueCounts(CHILDREN)).toEqual({ dead: 1, running: 1, queued: 2 });
    expect(await scene.store.cascade({ limit: 2 })).toEqual({ cancelled: 2, more: true });
    expect(await scene.store.cascade({ limit: 2 })).toEqual({ cancelled: 1, more: false });
    expect(await scene.settle(running, COMPLETED)).toBe("applied-as-cancelled");
    expect(await scene.queueCounts(CHILDREN)).toEqual({ dead: 1, cancelled: 3 });
    expect((await scene.row(running.id)).records).toContain("its parent was cancelled or had failed");
    expect(await scene.store.cascade({ limit: 2 })).toEqual({ cancelled: 0, more: false });
  });

  rule("take their own children with them", async (scene) => {
    await family(scene, 2, FAIL_FAST);
    const failing = await claimChild(scene);
    await scene.settle(await claimChild(scene), under(WAIT_ALL), { spawn: newJobs(2, { queue: "leaves" }) });
    await scene.settle(failing, dead());
    while ((await scene.store.cascade({ limit: 1 })).more);
    expect(await scene.queueCounts(CHILDREN)).toEqual({ dead: 1, cancelled: 1 });
    expect(await scene.queueCounts("leaves")).toEqual({ cancelled: 2 });
  });

  rule("that a sweep finds below a parent which died of the sweep itself are told of", async (scene) => {
    const { parent } = await family(scene, 1, WAIT_ALL);
    const middle = await claimChild(scene);
    await scene.settle(middle, under(FAIL_FAST), { spawn: newJobs(2, { queue: "leaves" }) });
    const leaf = await scene.claimOne({ queue: "leaves" });
    await scene.settle(leaf, under(FAIL_FAST), { spawn: newJobs(2, { queue: "buds" }) });
    await scene.store.cancel([parent.id]);
    expect(await scene.store.cascade({ limit: 1 })).toEqual({ cancelled: 1, more: true });
    while ((await scene.store.cascade({ limit: 1 })).more);
    expect(await scene.queueCounts("leaves")).toEqual({ cancelled: 2 });
    expect(await scene.queueCounts("buds")).toEqual({ cancelled: 2 });
  });

  rule("go on where the parent goes on or nobody waits", async (scene) => {
    await family(scene, 3, quorum(1));
    await scene.settle(await claimChild(scene), COMPLETED);
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
    await scene.settle(await scene.claimOne(), dead());
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ completed: 1, queued: 2 });
  });
}

function replayedChildRules(rule: Rule): void {
  rule("are unfinished again, their failure taken back", async (scene) => {
    const { parent } = await family(scene, 2, tolerate(50));
    const failed = await claimChild(scene);
    await scene.settle(failed, dead());
    expect(await scene.store.retry([failed.id])).toEqual(["replayed"]);
    await scene.settle(await claimChild(scene), dead());
    expect(await stateOf(scene, parent.id)).toBe("waiting");
    await scene.settle(await claimChild(scene), COMPLETED);
    expect((await scene.claimOne()).children).toEqual({ total: 2, completed: 1, failed: 1 });
  });

  rule("that had completed are no longer counted as such", async (scene) => {
    const { parent } = await family(scene, 3, quorum(2));
    const done = await claimChild(scene);
    await scene.settle(done, COMPLETED);
    await scene.store.retry([done.id]);
    await scene.settle(await claimChild(scene), COMPLETED);
    expect(await stateOf(scene, parent.id)).toBe("waiting");
    await scene.settle(await claimChild(scene), COMPLETED);
    expect((await scene.claimOne()).children).toEqual({ total: 3, completed: 2, failed: 0 });
  });

  rule("that were cancelled are waited for", async (scene) => {
    const { parent, ids } = await family(scene, 2, WAIT_ALL);
    await scene.store.cancel(ids.slice(0, 1));
    await scene.store.retry(ids.slice(0, 1));
    await scene.settle(await claimChild(scene), COMPLETED);
    expect(await stateOf(scene, parent.id)).toBe("waiting");
    await scene.settle(await claimChild(scene), COMPLETED);
    expect((await scene.claimOne()).children).toEqual({ total: 2, completed: 2, failed: 0 });
  });

  rule("of a parent's earlier generation count with the others from then on", async (scene) => {
    const { parent } = await family(scene, 2, FAIL_FAST);
    const first = await claimChild(scene);
    await scene.settle(first, dead());
    await scene.store.retry([parent.id]);
    const again = await scene.claimOne();
    expect(again.children).toEqual({ total: 1, completed: 0, failed: 0 });
    await scene.store.retry([first.id]);
    await scene.settle(again, under(FAIL_FAST));
    await scene.settleAll(await scene.claim({ queue: CHILDREN }), COMPLETED);
    expect((await scene.claimOne()).children).toEqual({ total: 2, completed: 2, failed: 0 });
  });
}

function parentRules(rule: Rule): void {
  rule("a cancelled parent is not judged by children that end later", async (scene) => {
    const { parent } = await family(scene, 2, FAIL_FAST);
    const child = await claimChild(scene);
    await scene.store.cancel([parent.id]);
    await scene.settle(child, dead());
    expect(await stateOf(scene, parent.id)).toBe("cancelled");
    expect(await scene.queueCounts()).toEqual({ cancelled: 1 });
  });

  rule("a flagged parent that would wait, or put itself off, ends cancelled", async (scene) => {
    const waiting = await scene.hold();
    await scene.store.cancel([waiting.id]);
    const spawn = newJobs(1, { queue: CHILDREN });
    expect(await scene.settle(waiting, under(FAIL_FAST), { spawn })).toBe("applied-as-cancelled");
    expect(await scene.row(waiting.id)).toMatchObject({ state: "cancelled", attempts: 0 });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 1, more: false });
    const late = await scene.hold();
    await scene.store.cancel([late.id]);
    expect(await scene.settle(late, snoozed(5))).toBe("applied-as-cancelled");
    expect(await scene.row(late.id)).toMatchObject({ state: "cancelled", attempts: 0, snoozes: 1 });
  });

  rule("a replayed parent starts without a policy and without what its children once did", async (scene) => {
    const { parent } = await family(scene, 3, FAIL_FAST);
    await scene.settle(await claimChild(scene), COMPLETED);
    await scene.settle(await claimChild(scene), dead());
    expect(await scene.store.retry([parent.id])).toEqual(["replayed"]);
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
    const again = await scene.claimOne();
    expect(again.children).toEqual({ total: 1, completed: 0, failed: 0 });
    await scene.settle(again, under(WAIT_ALL));
    await scene.settle(await claimChild(scene), dead());
    expect((await scene.claimOne()).children).toEqual({ total: 1, completed: 0, failed: 1 });
  });

  rule("a parent replayed together with its children waits for them", async (scene) => {
    const { parent, ids } = await family(scene, 2, FAIL_FAST);
    await scene.settle(await claimChild(scene), dead());
    await scene.store.cascade({ limit: 10 });
    const all = [...ids.slice(0, 1), parent.id, ...ids.slice(1)];
    expect(await scene.store.retry(all)).toEqual(all.map(() => "replayed"));
    const again = await scene.claimOne();
    expect(again.children).toEqual({ total: 2, completed: 0, failed: 0 });
    await scene.settle(again, under(FAIL_FAST));
    await scene.settleAll(await scene.claim({ queue: CHILDREN }), COMPLETED);
    expect((await scene.claimOne()).children).toEqual({ total: 2, completed: 2, failed: 0 });
  });

  rule("a replayed job without children has none", async (scene) => {
    const { parent } = await family(scene, 1, FAIL_FAST);
    await scene.settle(await claimChild(scene), dead());
    await scene.store.retry([parent.id]);
    expect((await scene.claimOne()).children).toBeUndefined();
  });
}
