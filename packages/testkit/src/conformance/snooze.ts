/** Rules of snoozing: a handler that says "not yet". */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { dead, LEASE_MS, retry, settlementOf, snoozed } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** What a snooze does to a job, and what it does not count as. */
export function snoozeRules(home: TestHome): void {
  describe("snooze", () => {
    const rule = rulesOn(home);
    describe("when it is due", () => dueRules(rule));
    describe("what it counts", () => countRules(rule));
  });
}

function dueRules(rule: Rule): void {
  rule("a snoozed job is scheduled, and claimed when its delay is over", async (scene) => {
    const held = await scene.hold();
    await scene.advance(100);
    expect(await scene.settle(held, snoozed(5_000), { checkpoint: "here" })).toBe("applied");
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "scheduled", runAtMs: row.createdAtMs + 5_100, checkpoint: "here" });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
    await scene.advance(4_999);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(1);
    expect((await scene.row(held.id)).state).toBe("ready");
    expect(await scene.claimOne()).toMatchObject({ id: held.id, attempt: 1, checkpoint: "here" });
  });

  rule("no delay makes it ready at once, behind what was due before", async (scene) => {
    const held = await scene.hold();
    const other = await scene.add();
    await scene.advance(1);
    await scene.settle(held, snoozed(0));
    expect((await scene.claim()).map((job) => job.id)).toEqual([other.id, held.id]);
  });

  rule("a job snoozed after a failure is scheduled, not retrying", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, retry(0));
    await scene.settle(await scene.claimOne(), snoozed(1_000));
    expect(await scene.row(held.id)).toMatchObject({ state: "scheduled", attempts: 1, snoozes: 1 });
    await scene.advance(1_000);
    await scene.settle(await scene.claimOne(), retry(1_000));
    expect(await scene.row(held.id)).toMatchObject({ state: "retrying", attempts: 2, snoozes: 1 });
  });
}

function countRules(rule: Rule): void {
  rule("it burns no attempt, leaves no line, and is counted however often", async (scene) => {
    const { id } = await scene.hold().then(async (held) => {
      await scene.settle(held, snoozed(0));
      return held;
    });
    for (const _ of [2, 3]) await scene.settle(await scene.claimOne(), snoozed(0));
    expect(await scene.row(id)).toMatchObject({
      attempts: 0,
      interruptions: 0,
      rescues: 0,
      snoozes: 3,
      records: "",
    });
    await scene.settle(await scene.claimOne(), dead());
    expect(await scene.row(id)).toMatchObject({ state: "dead", attempts: 1, snoozes: 3 });
  });

  rule("a re-sent snooze is already applied, a stale one fenced", async (scene) => {
    const held = await scene.hold();
    const snooze = settlementOf(held, snoozed(50));
    expect(await scene.store.settle([snooze])).toEqual(["applied"]);
    await scene.advance(10);
    const row = await scene.row(held.id);
    expect(await scene.store.settle([snooze])).toEqual(["already-applied"]);
    expect(await scene.row(held.id)).toEqual(row);
    await scene.advance(40);
    await scene.claimOne();
    await scene.expire();
    await scene.settle(await scene.claimSuspect(), snoozed(LEASE_MS));
    expect(await scene.store.settle([snooze])).toEqual(["fenced"]);
    expect(await scene.row(held.id)).toMatchObject({ state: "scheduled", snoozes: 2 });
  });
}
