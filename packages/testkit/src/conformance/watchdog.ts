/** Rules of watch: nothing waits for ever, also where children have vanished. */
import type { ChildPolicy, ClaimedJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FAIL_FAST,
  newJobs,
  quorum,
  suspended,
  tolerate,
  under,
  WAIT_ALL,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What becomes of parents whose children were lost, and that all others are left alone. */
export function watchdogRules(home: TestHome): void {
  describe("watch", () => {
    const rule = rulesOn(home);
    describe("lost children", () => lostRules(rule));
    describe("parents that need nothing", () => soundRules(rule));
    describe("bounded passes", () => boundRules(rule));
  });
}

const CHILDREN = "children";

async function family(
  scene: Scene,
  count: number,
  policy?: ChildPolicy,
): Promise<{ parent: ClaimedJob; held: readonly ClaimedJob[] }> {
  const parent = await scene.hold();
  const outcome = policy === undefined ? suspended() : under(policy);
  await scene.settle(parent, outcome, { spawn: newJobs(count, { queue: CHILDREN }) });
  return { parent, held: await scene.claim({ queue: CHILDREN }) };
}

async function loseAll(scene: Scene, jobs: readonly ClaimedJob[]): Promise<void> {
  for (const job of jobs) await scene.lose(job.id);
}

function lostRules(rule: Rule): void {
  rule("a parent none of whose children is left is woken, due now", async (scene) => {
    const { parent, held } = await family(scene, 2);
    await scene.settleAll(held.slice(0, 1), COMPLETED);
    await loseAll(scene, held.slice(1));
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.advance(40);
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 1, stranded: [parent.id] });
    const row = await scene.row(parent.id);
    expect(row).toMatchObject({ state: "ready", runAtMs: row.createdAtMs + 40 });
    expect((await scene.claimOne()).children).toEqual({ total: 2, completed: 1, failed: 1 });
    expect(await scene.queueCounts()).toEqual({ running: 1 });
  });

  rule("a parent some of whose children are left waits on, for those", async (scene) => {
    const { parent, held } = await family(scene, 3);
    await loseAll(scene, held.slice(0, 2));
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 2, stranded: [parent.id] });
    expect((await scene.row(parent.id)).state).toBe("waiting");
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 0, stranded: [] });
    await scene.settleAll(held.slice(2), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  const cases: readonly (readonly [ChildPolicy, string])[] = [
    [WAIT_ALL, "ready"],
    [FAIL_FAST, "dead"],
    [quorum(2), "dead"],
    [quorum(1), "waiting"],
    [tolerate(50), "waiting"],
    [tolerate(10), "dead"],
  ];
  for (const [policy, state] of cases) {
    rule(`a lost child counts as failed: ${JSON.stringify(policy)} leaves it ${state}`, async (scene) => {
      const { parent, held } = await family(scene, 2, policy);
      await loseAll(scene, policy === WAIT_ALL ? held : held.slice(0, 1));
      expect((await scene.store.watch({ limit: 10 })).stranded).toEqual([parent.id]);
      expect((await scene.row(parent.id)).state).toBe(state);
    });
  }

  rule("a parent that dies of it counts in its own parent's fork", async (scene) => {
    const top = await scene.hold();
    await scene.settle(top, under(FAIL_FAST), { spawn: newJobs(1, { queue: "middle" }) });
    const middle = await scene.claimOne({ queue: "middle" });
    await scene.settle(middle, under(FAIL_FAST), { spawn: newJobs(1, { queue: CHILDREN }) });
    await loseAll(scene, await scene.claim({ queue: CHILDREN }));
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 1, stranded: [middle.id] });
    expect((await scene.row(middle.id)).state).toBe("dead");
    expect((await scene.row(top.id)).state).toBe("dead");
    expect(await scene.queueCounts()).toEqual({ dead: 1 });
  });
}

function soundRules(rule: Rule): void {
  rule("whatever its live children are doing, a parent waits on", async (scene) => {
    const { parent, held } = await family(scene, 4);
    await scene.settleAll(held.slice(0, 1), suspended());
    await scene.settleAll(held.slice(1, 2), COMPLETED);
    await scene.settleAll(held.slice(2, 3), dead());
    const before = await scene.row(parent.id);
    await scene.advance(1_000_000);
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 0, stranded: [] });
    expect(await scene.row(parent.id)).toEqual(before);
  });

  rule("parents that do not wait are none of its business", async (scene) => {
    const parent = await scene.hold();
    await scene.save(parent, { spawn: newJobs(1, { queue: CHILDREN }) });
    await loseAll(scene, await scene.claim({ queue: CHILDREN }));
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 0, stranded: [] });
    await scene.settle(parent, suspended());
    expect((await scene.row(parent.id)).state).toBe("waiting");
    expect(await scene.store.watch({ limit: 10 })).toEqual({ repaired: 1, stranded: [parent.id] });
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("children that end while it looks are no lost ones", async (scene) => {
    for (let round = 0; round < 5; round += 1) {
      const { parent, held } = await family(scene, 20);
      const [report] = await Promise.all([
        scene.store.watch({ limit: 10 }),
        ...held.map((child) => scene.settle(child, COMPLETED)),
        scene.store.watch({ limit: 10 }),
      ]);
      expect(report).toEqual({ repaired: 0, stranded: [] });
      const woken = await scene.claimOne();
      expect(woken).toMatchObject({ id: parent.id, children: { total: 20, completed: 20, failed: 0 } });
      await scene.settle(woken, COMPLETED);
    }
  });
}

function boundRules(rule: Rule): void {
  rule("a pass looks at no more than its limit, and passes take turns", async (scene) => {
    const families = [];
    for (let count = 0; count < 5; count += 1) {
      families.push(await family(scene, 1));
      await scene.advance(1);
    }
    await loseAll(
      scene,
      families.flatMap(({ held }) => held),
    );
    const found: string[] = [];
    for (const size of [2, 2, 1, 0]) {
      await scene.advance(1);
      const { stranded } = await scene.store.watch({ limit: 2 });
      expect(stranded).toHaveLength(size);
      found.push(...stranded);
    }
    expect(found).toEqual(families.map(({ parent }) => parent.id));
  });

  rule("parents that are fine do not keep it from those that are not", async (scene) => {
    for (let count = 0; count < 3; count += 1) await family(scene, 1);
    await scene.advance(1);
    const { parent, held } = await family(scene, 1);
    await loseAll(scene, held);
    const found: string[] = [];
    for (let pass = 0; pass < 4; pass += 1) {
      await scene.advance(1);
      found.push(...(await scene.store.watch({ limit: 1 })).stranded);
    }
    expect(found).toEqual([parent.id]);
  });
}
