/** Rules of forks: parents that wait for their children. */
import type { ClaimedJob, NewJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  LEASE_MS,
  newJob,
  newJobs,
  released,
  retry,
  settlementOf,
  suspended,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** When a parent waits, when it is woken, and that it is woken once. */
export function forkRules(home: TestHome): void {
  describe("forks", () => {
    const rule = rulesOn(home);
    describe("waiting", () => waitRules(rule));
    describe("waking", () => wakeRules(rule));
    describe("which children count", () => countRules(rule));
    describe("parents that are gone", () => goneRules(rule));
    describe("overlapping", () => overlapRules(rule));
  });
}

const CHILDREN = "children";

function children(count: number, given: Partial<NewJob> = {}): NewJob[] {
  return newJobs(count, { queue: CHILDREN, ...given });
}

/** A parent that waits for new children, and those children, claimed. */
async function family(
  scene: Scene,
  count: number,
  wakeAt = 0,
): Promise<{ parent: ClaimedJob; held: readonly ClaimedJob[] }> {
  const parent = await scene.hold();
  await scene.settle(parent, suspended(wakeAt), { spawn: children(count) });
  return { parent, held: await scene.claim({ queue: CHILDREN }) };
}

/** The next child of several; there must be one. */
function next(held: readonly ClaimedJob[], index: number): ClaimedJob {
  const job = held[index];
  if (job === undefined) throw new Error("no such child");
  return job;
}

function waitRules(rule: Rule): void {
  rule("a parent waits while its children are unfinished, and is not claimed", async (scene) => {
    const { parent, held } = await family(scene, 3);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settleAll(held.slice(0, 2), COMPLETED);
    await scene.advance(LEASE_MS * 100);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    expect(await scene.claim()).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ waiting: 1 });
  });

  rule("a waiting parent has no lease to lose", async (scene) => {
    const { parent } = await family(scene, 1);
    await scene.expire();
    expect(await scene.row(parent.id)).toMatchObject({ state: "waiting", rescues: 0 });
  });

  rule("children spawned by saves and by the last write count together", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { write: 1, spawn: children(1) });
    await scene.save(parent, { write: 2, spawn: children(1) });
    await scene.settle(parent, suspended(), { spawn: children(1) });
    const held = await scene.claim({ queue: CHILDREN });
    await scene.settleAll(held.slice(0, 2), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settleAll(held.slice(2), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("children that ended before the parent suspends are not waited for", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { spawn: children(2) });
    await scene.settleAll(await scene.claim({ queue: CHILDREN }), COMPLETED);
    await scene.settle(parent, suspended());
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("a parent that has as few unfinished children as it asked for does not wait", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, suspended(2), { spawn: children(2) });
    expect((await scene.row(parent.id)).state).toBe("ready");
  });
}

function wakeRules(rule: Rule): void {
  rule("the last child wakes the parent, due at that instant, with its checkpoint", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, suspended(), { spawn: children(2), checkpoint: "spawned" });
    const held = await scene.claim({ queue: CHILDREN });
    await scene.settle(next(held, 0), COMPLETED);
    await scene.advance(70);
    await scene.settle(next(held, 1), COMPLETED);
    const row = await scene.row(parent.id);
    expect(row).toMatchObject({ state: "ready", attempts: 0, runAtMs: row.createdAtMs + 70 });
    expect(await scene.claimOne()).toMatchObject({ id: parent.id, checkpoint: "spawned", attempt: 1 });
  });

  rule("a threshold wakes as soon as so few are left, and the rest change nothing", async (scene) => {
    const { parent, held } = await family(scene, 5, 2);
    await scene.settleAll(held.slice(0, 2), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settle(next(held, 2), COMPLETED);
    const woken = await scene.row(parent.id);
    expect(woken.state).toBe("ready");
    await scene.advance(10);
    await scene.settleAll(held.slice(3), COMPLETED);
    expect(await scene.row(parent.id)).toEqual(woken);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("one call that ends many children wakes once", async (scene) => {
    const { parent, held } = await family(scene, 200, 50);
    expect(await scene.settleAll(held, COMPLETED)).toEqual(held.map(() => "applied"));
    expect((await scene.claim()).map((job) => job.id)).toEqual([parent.id]);
    expect(await scene.queueCounts()).toEqual({ running: 1 });
  });

  rule("one call may hold a parent and its last child, in either order", async (scene) => {
    for (const parentFirst of [true, false]) {
      const parent = await scene.hold();
      await scene.save(parent, { spawn: children(1) });
      const child = await scene.claimOne({ queue: CHILDREN });
      const settlements = [settlementOf(parent, suspended()), settlementOf(child, COMPLETED)];
      const call = parentFirst ? settlements : settlements.toReversed();
      expect(await scene.store.settle(call)).toEqual(["applied", "applied"]);
      expect((await scene.row(parent.id)).state).toBe("ready");
      expect(await scene.queueCounts()).toMatchObject({ queued: 1 });
      await scene.settle(await scene.claimOne(), COMPLETED);
    }
  });

  rule("one call wakes the parents of all its jobs", async (scene) => {
    const families = [await family(scene, 2), await family(scene, 3), await family(scene, 1)];
    const held = families.flatMap((each) => each.held).toReversed();
    await scene.settleAll(held, COMPLETED);
    const woken = (await scene.claim()).map((job) => job.id);
    expect(woken.toSorted()).toEqual(families.map((each) => each.parent.id));
  });

  rule("a woken parent may spawn and wait again", async (scene) => {
    const { parent, held } = await family(scene, 3, 1);
    await scene.settleAll(held.slice(0, 2), COMPLETED);
    const again = await scene.claimOne();
    await scene.settle(again, suspended(1), { spawn: children(1) });
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settle(next(held, 2), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
    await scene.settle(await scene.claimOne(), suspended());
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settleAll(await scene.claim({ queue: CHILDREN }), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });
}

function countRules(rule: Rule): void {
  rule("a dead child has ended", async (scene) => {
    const { parent, held } = await family(scene, 2);
    await scene.store.settle([settlementOf(next(held, 0), dead()), settlementOf(next(held, 1), COMPLETED)]);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("a child given up as crashed has ended", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, suspended(), { spawn: children(1, { maxRescues: 0 }) });
    await scene.claim({ queue: CHILDREN });
    await scene.expire();
    await scene.claimSuspect({ queue: CHILDREN });
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.expire();
    expect((await scene.row(parent.id)).state).toBe("ready");
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("a child retried, released, rescued or waiting itself has not ended", async (scene) => {
    const { parent, held } = await family(scene, 4);
    await scene.store.settle([
      settlementOf(next(held, 0), retry(0)),
      settlementOf(next(held, 1), released(true)),
      settlementOf(next(held, 2), suspended(), { spawn: newJobs(1, { queue: "grandchildren" }) }),
    ]);
    await scene.expire();
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settleAll(await scene.claim({ queue: CHILDREN }), COMPLETED);
    await scene.settle(await scene.claimSuspect({ queue: CHILDREN }), COMPLETED);
    await scene.settle(await scene.claimOne({ queue: "grandchildren" }), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settle(await scene.claimOne({ queue: CHILDREN }), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("a re-sent or fenced settlement of a child counts nothing", async (scene) => {
    const { parent, held } = await family(scene, 2);
    const [first, second] = [next(held, 0), next(held, 1)];
    expect(await scene.settle(first, COMPLETED)).toBe("applied");
    expect(await scene.settle(first, COMPLETED)).toBe("already-applied");
    expect(await scene.settle({ id: second.id, token: first.token }, COMPLETED)).toBe("fenced");
    expect((await scene.row(parent.id)).state).toBe("waiting");
  });

  rule("ids that exist are not spawned again, and do not count", async (scene) => {
    const stranger = await scene.add({ queue: CHILDREN });
    const parent = await scene.hold();
    const child = newJob({ queue: CHILDREN });
    await scene.save(parent, { write: 1, spawn: [child, child] });
    await scene.settle(parent, suspended(), { spawn: [child, stranger] });
    expect((await scene.row(stranger.id)).parent).toBeUndefined();
    expect(await scene.queueCounts(CHILDREN)).toEqual({ queued: 2 });
    expect((await scene.row(parent.id)).state).toBe("waiting");
    const held = await scene.claim({ queue: CHILDREN });
    const mine = held.filter((job) => job.id === child.id);
    await scene.settleAll(mine, COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("children outlive a parent's attempt and still count", async (scene) => {
    const first = await scene.hold();
    await scene.save(first, { spawn: children(1) });
    await scene.expire();
    const second = await scene.claimSuspect();
    await scene.settle(second, suspended());
    expect((await scene.row(first.id)).state).toBe("waiting");
    await scene.settle(await scene.claimOne({ queue: CHILDREN }), COMPLETED);
    expect((await scene.row(first.id)).state).toBe("ready");
  });
}

function goneRules(rule: Rule): void {
  rule("children of an ended parent run on, and their end changes nothing of it", async (scene) => {
    for (const outcome of [COMPLETED, dead()]) {
      const parent = await scene.hold();
      await scene.save(parent, { spawn: children(2) });
      await scene.settle(parent, outcome, { spawn: children(1) });
      const before = await scene.row(parent.id);
      const held = await scene.claim({ queue: CHILDREN });
      expect(held.map((job) => job.parent)).toEqual([parent.id, parent.id, parent.id]);
      await scene.advance(1);
      expect(await scene.settleAll(held, COMPLETED)).toEqual(["applied", "applied", "applied"]);
      expect(await scene.row(parent.id)).toEqual(before);
    }
    expect(await scene.queueCounts()).toEqual({ completed: 1, dead: 1 });
  });

  rule("one call may end a parent and its children", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { spawn: children(2) });
    const held = await scene.claim({ queue: CHILDREN });
    await scene.settleAll([next(held, 0), parent, next(held, 1)], COMPLETED);
    expect(await scene.queueCounts()).toEqual({ completed: 1 });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ completed: 2 });
  });
}

function overlapRules(rule: Rule): void {
  rule("overlapping settlements of a parent's children wake it exactly once", async (scene) => {
    const { parent, held } = await family(scene, 40, 3);
    await Promise.all(held.map((job) => scene.settle(job, COMPLETED)));
    expect((await scene.claim()).map((job) => job.id)).toEqual([parent.id]);
    expect(await scene.claim()).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ running: 1 });
    expect(await scene.queueCounts(CHILDREN)).toEqual({ completed: 40 });
  });

  rule("a parent that suspends while its children end is never left waiting", async (scene) => {
    for (let round = 0; round < 5; round += 1) {
      const parent = await scene.hold();
      await scene.save(parent, { spawn: children(4) });
      const held = await scene.claim({ queue: CHILDREN });
      await Promise.all([
        ...held.slice(0, 2).map((job) => scene.settle(job, COMPLETED)),
        scene.settle(parent, suspended()),
        scene.settleAll(held.slice(2), COMPLETED),
      ]);
      expect((await scene.row(parent.id)).state).toBe("ready");
      await scene.settle(await scene.claimOne(), COMPLETED);
    }
  });

  rule("overlapping calls that end children of many parents in many orders all finish", async (scene) => {
    const families = [];
    for (let count = 0; count < 6; count += 1) families.push(await family(scene, 10));
    const held = families.flatMap((each) => each.held);
    const calls = Array.from({ length: 6 }, (_, call) => held.filter((_job, index) => index % 6 === call));
    await Promise.all(
      calls.map((call, index) => scene.settleAll(index % 2 === 0 ? call : call.toReversed(), COMPLETED)),
    );
    expect(await scene.queueCounts()).toEqual({ queued: 6 });
    expect(await scene.claim()).toHaveLength(6);
  });
}
