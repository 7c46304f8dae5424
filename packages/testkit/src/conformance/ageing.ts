/** Rules of places that go first to overdue jobs. */
import { TARGET_WAITS_MS } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { LEASE_MS, newJobs, nextId, QUEUE, released } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** What a claim with `overdue` places takes. */
export function ageingRules(home: TestHome): void {
  describe("ageing", () => {
    const rule = rulesOn(home);
    describe("overdue places", () => placeRules(rule));
    describe("who is most overdue", () => orderRules(rule));
  });
}

const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map((job) => job.id);

function placeRules(rule: Rule): void {
  rule("so many places go first to jobs past their target, the rest by class", async (scene) => {
    const late = await scene.add({ priority: "low" });
    const later = await scene.add({ priority: "low", delayMs: 1 });
    await scene.advance(TARGET_WAITS_MS.low + 2);
    const urgent = newJobs(3, { priority: "critical" });
    await scene.store.enqueue(urgent);
    const claimed = await scene.claim({ max: 3, overdue: 1 });
    expect(idsOf(claimed)).toEqual([urgent[0]?.id, urgent[1]?.id, late.id]);
    expect(idsOf(await scene.claim({ max: 2, overdue: 0 }))).toEqual([urgent[2]?.id, later.id]);
  });

  rule("at its target a job is not overdue, past it it is", async (scene) => {
    const low = await scene.add({ priority: "low" });
    await scene.advance(TARGET_WAITS_MS.low);
    const urgent = await scene.add({ priority: "critical" });
    const [first] = await scene.claim({ max: 1, overdue: 1 });
    expect(first?.id).toBe(urgent.id);
    await scene.advance(1);
    await scene.add({ priority: "critical" });
    expect(idsOf(await scene.claim({ max: 1, overdue: 1 }))).toEqual([low.id]);
  });

  rule("without overdue places the order is strict, however long anyone waits", async (scene) => {
    await scene.add({ priority: "low" });
    await scene.advance(100 * TARGET_WAITS_MS.low);
    const urgent = await scene.add({ priority: "critical" });
    expect(idsOf(await scene.claim({ max: 1 }))).toEqual([urgent.id]);
  });

  rule("places no overdue job takes go to the others, and none is taken twice", async (scene) => {
    const low = newJobs(2, { priority: "low" });
    await scene.store.enqueue(low);
    await scene.advance(TARGET_WAITS_MS.low + 1);
    const fresh = newJobs(2);
    await scene.store.enqueue(fresh);
    expect(idsOf(await scene.claim({ max: 10, overdue: 10 }))).toEqual([...idsOf(fresh), ...idsOf(low)]);
    expect(await scene.counts(`queue:${QUEUE}:low`)).toEqual({ running: 2 });
  });

  rule("each want has its own places, and overdue jobs it does not ask for stay", async (scene) => {
    const names = { name: "other" };
    const [mine, foreign, elsewhere] = [
      await scene.add({ priority: "low" }),
      await scene.add({ priority: "low", ...names }),
      await scene.add({ priority: "low", queue: "second" }),
    ];
    await scene.advance(TARGET_WAITS_MS.low + 1);
    for (const queue of [QUEUE, "second"]) await scene.add({ priority: "critical", queue });
    const wants = [QUEUE, "second"].map((queue) => ({ queue, max: 1, names: ["task"] }));
    const options = { worker: "worker-1", lease: nextId<never>(), leaseMs: LEASE_MS, overdue: 1 };
    expect(idsOf(await scene.store.claim(wants, options))).toEqual([mine.id, elsewhere.id]);
    expect((await scene.row(foreign.id)).state).toBe("ready");
  });

  rule("a suspect is taken by a solo claim only, however overdue", async (scene) => {
    const job = await scene.hold();
    await scene.advance(LEASE_MS);
    await scene.store.rescue({ limit: 10 });
    await scene.advance(2 * TARGET_WAITS_MS.default);
    expect(await scene.claim({ overdue: 5 })).toEqual([]);
    expect((await scene.claimSuspect({ overdue: 5 })).id).toBe(job.id);
  });

  rule("what a job given back had waited still counts", async (scene) => {
    const low = await scene.add({ priority: "low" });
    await scene.advance(TARGET_WAITS_MS.low);
    const held = await scene.claimOne();
    await scene.settle(held, released(true));
    await scene.advance(1);
    await scene.add({ priority: "critical" });
    expect(idsOf(await scene.claim({ max: 1, overdue: 1 }))).toEqual([low.id]);
  });
}

function orderRules(rule: Rule): void {
  rule("it is measured against the target of each job's class", async (scene) => {
    const bulk = await scene.add({ priority: "bulk" });
    await scene.advance(TARGET_WAITS_MS.bulk);
    const normal = await scene.add();
    await scene.advance(TARGET_WAITS_MS.default + 10_000);
    await scene.add({ priority: "critical" });
    expect(idsOf(await scene.claim({ max: 1, overdue: 1 }))).toEqual([normal.id]);
    await scene.add({ priority: "critical" });
    expect(idsOf(await scene.claim({ max: 1, overdue: 1 }))).toEqual([bulk.id]);
  });

  rule("equally overdue jobs go by class, then by id, whatever their names", async (scene) => {
    const first = await scene.add({ priority: "low", name: "b" });
    const second = await scene.add({ priority: "low", name: "a" });
    const third = await scene.add({ priority: "bulk", name: "a" });
    await scene.advance(11);
    await scene.add({ priority: "critical", name: "b" });
    const targetsMs = { ...TARGET_WAITS_MS, low: 10, bulk: 10 };
    for (const { id } of [first, second, third])
      expect(idsOf(await scene.claim({ names: ["a", "b"], max: 1, overdue: 1, targetsMs }))).toEqual([id]);
  });

  rule("targets may be the caller's own", async (scene) => {
    const low = await scene.add({ priority: "low" });
    await scene.advance(11);
    await scene.add({ priority: "critical" });
    const targetsMs = { ...TARGET_WAITS_MS, low: 10 };
    expect(idsOf(await scene.claim({ max: 1, overdue: 1, targetsMs }))).toEqual([low.id]);
  });
}
