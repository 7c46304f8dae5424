/** Rules of policies over children: when a waiting parent goes on, and when it dies of them. */
import { type ChildPolicy, type ClaimedJob, decodeAttempts } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FAIL_FAST,
  newJob,
  newJobs,
  quorum,
  retry,
  settlementOf,
  suspended,
  tolerate,
  under,
  WAIT_ALL,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What each policy waits for, and how far the death of a parent reaches. */
export function forkPolicyRules(home: TestHome): void {
  describe("fork policies", () => {
    const rule = rulesOn(home);
    describe("decisions", () => decisionRules(rule));
    describe("decided at once", () => atOnceRules(rule));
    describe("a parent that dies of its children", () => deathRules(rule));
    describe("the tally", () => tallyRules(rule));
    describe("misuse", () => misuseRules(rule));
  });
}

const CHILDREN = "children";

interface Family {
  readonly parent: ClaimedJob;
  readonly held: ClaimedJob[];
}

/** A parent that waits under a policy for new children, and those children, claimed. */
async function family(scene: Scene, count: number, policy: ChildPolicy): Promise<Family> {
  const parent = await scene.hold();
  await scene.settle(parent, under(policy), { spawn: newJobs(count, { queue: CHILDREN }) });
  return { parent, held: [...(await scene.claim({ queue: CHILDREN }))] };
}

/** Ends so many of the children still held, one call each; gives the parent's state after each. */
async function end(scene: Scene, family: Family, ends: string): Promise<string[]> {
  const states: string[] = [];
  for (const letter of ends) {
    const child = family.held.shift();
    if (child === undefined) throw new Error("no child is left");
    await scene.settle(child, letter === "c" ? COMPLETED : dead());
    states.push((await scene.row(family.parent.id)).state);
  }
  return states;
}

function decisionRules(rule: Rule): void {
  const cases: readonly (readonly [ChildPolicy, number, string, string])[] = [
    [WAIT_ALL, 3, "dcd", "waiting waiting ready"],
    [FAIL_FAST, 3, "ccc", "waiting waiting ready"],
    [FAIL_FAST, 3, "cdc", "waiting dead dead"],
    [quorum(2), 4, "cdcd", "waiting waiting ready ready"],
    [quorum(2), 3, "ddc", "waiting dead dead"],
    [quorum(3), 3, "cd", "waiting dead"],
    [tolerate(0), 2, "cd", "waiting dead"],
    [tolerate(0), 2, "cc", "waiting ready"],
    [tolerate(50), 4, "ddcc", "waiting waiting waiting ready"],
    [tolerate(49.9), 4, "ddc", "waiting dead dead"],
    [tolerate(100), 2, "dd", "waiting ready"],
  ];
  for (const [policy, count, ends, states] of cases) {
    rule(
      `${JSON.stringify(policy)}: ${count} children that end ${ends} leave it ${states}`,
      async (scene) => {
        expect(await end(scene, await family(scene, count, policy), ends)).toEqual(states.split(" "));
      },
    );
  }

  rule(
    "a woken parent is due at that instant, has its checkpoint, and has burnt no attempt",
    async (scene) => {
      const parent = await scene.hold();
      await scene.settle(parent, under(quorum(1)), {
        spawn: newJobs(2, { queue: CHILDREN }),
        checkpoint: "here",
      });
      await scene.advance(70);
      await scene.settle(await scene.claimOne({ queue: CHILDREN }), COMPLETED);
      const row = await scene.row(parent.id);
      expect(row).toMatchObject({ state: "ready", attempts: 0, runAtMs: row.createdAtMs + 70, records: "" });
      expect(await scene.claimOne()).toMatchObject({ id: parent.id, checkpoint: "here", attempt: 1 });
    },
  );

  rule("children retried or waiting are unfinished", async (scene) => {
    const { parent, held } = await family(scene, 2, FAIL_FAST);
    const [first, second] = held.map((child) => child);
    if (first === undefined || second === undefined) throw new Error("no children");
    await scene.settle(first, retry(0));
    await scene.settle(second, under(WAIT_ALL), { spawn: newJobs(1, { queue: "grandchildren" }) });
    expect((await scene.row(parent.id)).state).toBe("waiting");
  });

  rule("a policy holds for one wait: the next says what it waits for", async (scene) => {
    const first = await family(scene, 2, quorum(1));
    expect(await end(scene, first, "c")).toEqual(["ready"]);
    const again = await scene.claimOne();
    await scene.settle(again, suspended());
    expect(await end(scene, first, "d")).toEqual(["ready"]);
    await scene.settle(await scene.claimOne(), suspended(1), { spawn: newJobs(2, { queue: CHILDREN }) });
    first.held.push(...(await scene.claim({ queue: CHILDREN })));
    expect(await end(scene, first, "d")).toEqual(["ready"]);
  });

  rule("overlapping settlements decide once", async (scene) => {
    const { parent, held } = await family(scene, 40, quorum(10));
    await Promise.all(held.map((child) => scene.settle(child, COMPLETED)));
    expect((await scene.claim()).map((job) => job.id)).toEqual([parent.id]);
    expect(await scene.queueCounts()).toEqual({ running: 1 });
    const failing = await family(scene, 40, FAIL_FAST);
    await Promise.all(failing.held.map((child) => scene.settle(child, dead())));
    expect((await scene.row(failing.parent.id)).state).toBe("dead");
    expect(await scene.queueCounts()).toEqual({ running: 1, dead: 1 });
  });
}

function atOnceRules(rule: Rule): void {
  rule("a policy met before the parent waits has it go on at once", async (scene) => {
    for (const policy of [quorum(1), WAIT_ALL, FAIL_FAST, tolerate(0)]) {
      const parent = await scene.hold();
      await scene.save(parent, { spawn: newJobs(1, { queue: CHILDREN }) });
      await scene.settle(await scene.claimOne({ queue: CHILDREN }), COMPLETED);
      await scene.advance(5);
      expect(await scene.settle(parent, under(policy))).toBe("applied");
      const row = await scene.row(parent.id);
      expect(row).toMatchObject({ state: "ready", attempts: 0 });
      expect(row.runAtMs).toBe(row.createdAtMs + 5);
      await scene.settle(await scene.claimOne(), COMPLETED);
    }
    expect(await scene.queueCounts()).toEqual({ completed: 4 });
  });

  rule("a policy that cannot be met when the parent would wait ends it at once", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { spawn: newJobs(2, { queue: CHILDREN }) });
    await scene.settle(await scene.claimOne({ queue: CHILDREN }), dead());
    const settlement = settlementOf(parent, under(FAIL_FAST));
    expect(await scene.store.settle([settlement])).toEqual(["applied"]);
    expect(await scene.row(parent.id)).toMatchObject({ state: "dead", fingerprint: "children-failed" });
    expect(await scene.store.settle([settlement])).toEqual(["already-applied"]);
    expect(await scene.queueCounts()).toEqual({ dead: 1 });
  });

  rule("without children nothing is waited for, and a quorum cannot be met", async (scene) => {
    for (const policy of [WAIT_ALL, FAIL_FAST, tolerate(0)]) {
      const parent = await scene.hold();
      await scene.settle(parent, under(policy));
      const woken = await scene.claimOne();
      expect(woken).toMatchObject({ id: parent.id, attempt: 1 });
      expect(woken.children).toBeUndefined();
      await scene.settle(woken, COMPLETED);
    }
    const parent = await scene.hold();
    await scene.settle(parent, under(quorum(1)));
    expect(await scene.row(parent.id)).toMatchObject({ state: "dead", attempts: 0 });
  });

  rule("one call may hold a parent and its children, in either order", async (scene) => {
    for (const parentFirst of [true, false]) {
      const parent = await scene.hold();
      await scene.save(parent, { spawn: newJobs(2, { queue: CHILDREN }) });
      const [one, other] = await scene.claim({ queue: CHILDREN });
      if (one === undefined || other === undefined) throw new Error("no children");
      const settlements = [
        settlementOf(parent, under(FAIL_FAST)),
        settlementOf(one, COMPLETED),
        settlementOf(other, dead()),
      ];
      await scene.store.settle(parentFirst ? settlements : settlements.toReversed());
      const row = await scene.row(parent.id);
      expect(row).toMatchObject({ state: "dead" });
      expect(row.records).toContain('"failed":1,"total":2');
    }
    expect(await scene.queueCounts()).toEqual({ dead: 2 });
  });
}

function deathRules(rule: Rule): void {
  rule("it says how many of how many failed, and burns no attempt", async (scene) => {
    const { parent, held } = await family(scene, 4, tolerate(25));
    await scene.advance(50);
    await scene.settleAll(held.slice(0, 1), COMPLETED);
    await scene.settleAll(held.slice(1, 3), dead());
    const row = await scene.row(parent.id);
    expect(row).toMatchObject({ state: "dead", attempts: 0, fingerprint: "children-failed" });
    expect(row.records).toBe(`${row.finishedAtMs} {"kind":"children-failed","failed":2,"total":4}`);
    expect(decodeAttempts(row.records)).toMatchObject([
      {
        outcome: "dead",
        endedAtMs: row.createdAtMs + 50,
        error: { class: "processing", reason: "children-failed", fingerprint: "children-failed" },
      },
    ]);
    expect(decodeAttempts(row.records)[0]?.error?.message).toContain("2 of 4 children failed");
    expect(await scene.queueCounts()).toEqual({ dead: 1 });
    expect(await scene.ids({ states: ["dead"], queue: parent.queue })).toEqual([parent.id]);
  });

  rule("its last settlement is still already applied, and its earlier lines are kept", async (scene) => {
    const first = await scene.hold();
    await scene.settle(first, retry(0), { record: '{"first":1}' });
    const parent = await scene.claimOne();
    await scene.settle(parent, under(FAIL_FAST), { spawn: newJobs(1, { queue: CHILDREN }) });
    await scene.settle(await scene.claimOne({ queue: CHILDREN }), dead());
    const row = await scene.row(parent.id);
    expect(row.records.split("\n")).toHaveLength(2);
    expect(row.attempts).toBe(1);
    expect(await scene.settle(parent, under(FAIL_FAST))).toBe("already-applied");
    expect(await scene.settle(first, retry(0))).toBe("fenced");
  });

  rule("it counts as failed in its own parent's fork, to the top of the tree", async (scene) => {
    const ids: string[] = [];
    let held = await scene.hold();
    for (let depth = 0; depth < 5; depth += 1) {
      const queue = `level-${depth}`;
      ids.push(held.id);
      await scene.settle(held, under(depth === 0 ? WAIT_ALL : FAIL_FAST), { spawn: newJobs(1, { queue }) });
      held = await scene.claimOne({ queue });
    }
    await scene.settle(held, dead());
    const states = await Promise.all(ids.map(async (id) => (await scene.row(id as typeof held.id)).state));
    expect(states).toEqual(["ready", "dead", "dead", "dead", "dead"]);
    expect(await scene.claimOne()).toMatchObject({ children: { total: 1, completed: 0, failed: 1 } });
    expect(await scene.queueCounts("level-0")).toEqual({ dead: 1 });
  });

  rule("one call may decide many parents at many levels", async (scene) => {
    const top = await scene.hold();
    await scene.settle(top, under(tolerate(50)), { spawn: newJobs(4, { queue: "middle" }) });
    const middle = await scene.claim({ queue: "middle" });
    await scene.store.settle(
      middle.map((job) => settlementOf(job, under(FAIL_FAST), { spawn: newJobs(2, { queue: CHILDREN }) })),
    );
    const leaves = await scene.claim({ queue: CHILDREN });
    const failing = new Set(middle.slice(0, 3).map((job) => job.id));
    await scene.store.settle(
      leaves.map((leaf) => settlementOf(leaf, leaf.parent && failing.has(leaf.parent) ? dead() : COMPLETED)),
    );
    expect(await scene.queueCounts("middle")).toEqual({ dead: 3, queued: 1 });
    const row = await scene.row(top.id);
    expect(row.state).toBe("dead");
    expect(row.records).toContain('"failed":3,"total":4');
  });

  rule("a child given up as crashed has failed", async (scene) => {
    const parent = await scene.hold();
    const child = newJob({ queue: CHILDREN, maxRescues: 0 });
    await scene.settle(parent, under(FAIL_FAST), { spawn: [child] });
    await scene.claim({ queue: CHILDREN });
    await scene.expire();
    await scene.claimSuspect({ queue: CHILDREN });
    await scene.expire();
    expect(await scene.row(parent.id)).toMatchObject({ state: "dead", fingerprint: "children-failed" });
  });
}

function tallyRules(rule: Rule): void {
  rule("a claim says how the children stand, of jobs that have any", async (scene) => {
    const { held } = await family(scene, 4, quorum(2));
    await scene.settleAll(held.slice(0, 1), dead());
    await scene.settleAll(held.slice(1, 3), COMPLETED);
    const woken = await scene.claimOne();
    expect(woken.children).toEqual({ total: 4, completed: 2, failed: 1 });
    expect(held[0]?.children).toBeUndefined();
    await scene.settle(woken, retry(0));
    await scene.settleAll(held.slice(3), COMPLETED);
    expect((await scene.claimOne()).children).toEqual({ total: 4, completed: 3, failed: 1 });
  });

  rule("children spawned by a holder that vanished are told to the next one", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { spawn: newJobs(2, { queue: CHILDREN }) });
    await scene.expire();
    expect((await scene.claimSuspect()).children).toEqual({ total: 2, completed: 0, failed: 0 });
  });

  rule("a spawn sent again after the child has ended does not double it", async (scene) => {
    const parent = await scene.hold();
    const write = { write: 1, spawn: newJobs(1, { queue: CHILDREN }) };
    expect(await scene.save(parent, write)).toBe("applied");
    await scene.settle(await scene.claimOne({ queue: CHILDREN }), COMPLETED);
    expect(await scene.save(parent, write)).toBe("already-applied");
    expect(await scene.queueCounts(CHILDREN)).toEqual({ completed: 1 });
    await scene.settle(parent, under(WAIT_ALL));
    expect((await scene.claimOne()).children).toEqual({ total: 1, completed: 1, failed: 0 });
  });
}

function misuseRules(rule: Rule): void {
  rule("a policy that means nothing is refused, and the whole call", async (scene) => {
    const [held, other] = [await scene.hold(), await scene.hold()];
    for (const policy of [quorum(0), quorum(1.5), tolerate(-1), tolerate(101), tolerate(Number.NaN)]) {
      const call = scene.store.settle([settlementOf(other, COMPLETED), settlementOf(held, under(policy))]);
      await expect(call).rejects.toMatchObject({ code: "bad-usage" });
    }
    expect(await scene.queueCounts()).toEqual({ running: 2 });
  });
}
