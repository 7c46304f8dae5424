/** Rules of what statistics are made of: measures, counters found by prefix, and counters of the last minutes. */
import type { CountersByScope } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, nextId, QUEUE, released, retry, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

const SCOPE = `queue:${QUEUE}:default`;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Settlements measure, and what they measured is found again, whole and by time. */
export function statsRules(home: TestHome): void {
  describe("statistics", () => {
    const rule = rulesOn(home);
    describe("measures", () => measureRules(rule));
    describe("counters under a prefix", () => prefixRules(rule));
    describe("counters of the last minutes", () => recentRules(rule));
    describe("a claim", () => waitRules(rule));
  });
}

function measureRules(rule: Rule): void {
  rule("are added to the counters of the job's queue and class, with any outcome", async (scene) => {
    for (const outcome of [COMPLETED, dead(), retry(1_000), released(true), suspended()]) {
      const held = await scene.hold({ queue: outcome.kind, priority: "high" });
      await scene.settle(held, outcome, { measures: { ran: 1, runMs: 250, "failed:timeout": 2, none: 0 } });
      const counts = await scene.queueCounts(outcome.kind, "high");
      expect(counts).toMatchObject({ ran: 1, runMs: 250, "failed:timeout": 2 });
      expect(counts).not.toHaveProperty("none");
    }
  });

  rule("are added though the job was cancelled while it ran", async (scene) => {
    for (const outcome of [COMPLETED, dead(), retry(1_000), released(true), suspended()]) {
      const held = await scene.hold({ queue: outcome.kind });
      await scene.store.cancel([held.id]);
      await scene.settle(held, outcome, { measures: { ran: 1, runMs: 250, "failed:timeout": 2 } });
      const counts = await scene.queueCounts(outcome.kind);
      expect(counts).toEqual({ cancelled: 1, ran: 1, runMs: 250, "failed:timeout": 2 });
    }
  });

  rule("of one call add up, each to its own queue", async (scene) => {
    const held = [await scene.hold(), await scene.hold(), await scene.hold({ queue: "other" })];
    await scene.store.settle(
      held.map(({ id, token }, index) => ({
        id,
        token,
        write: 1,
        outcome: COMPLETED,
        record: "{}",
        measures: { runMs: 10 ** index },
      })),
    );
    expect(await scene.queueCounts()).toEqual({ completed: 2, runMs: 11 });
    expect(await scene.queueCounts("other")).toEqual({ completed: 1, runMs: 100 });
    await scene.foldAll();
    expect(await scene.queueCounts()).toEqual({ completed: 2, runMs: 11 });
  });

  rule("of a fenced or repeated settlement are not added", async (scene) => {
    const held = await scene.hold();
    const measures = { ran: 1 };
    await scene.settle(held, COMPLETED, { measures });
    await scene.settle(held, COMPLETED, { measures });
    await scene.settle({ id: nextId(), token: held.token }, COMPLETED, { measures });
    expect(await scene.queueCounts()).toEqual({ completed: 1, ran: 1 });
  });

  rule("that are no whole numbers, or named like what the store counts, are refused", async (scene) => {
    const held = await scene.hold();
    for (const measures of [
      { ran: 0.5 },
      { ran: Number.NaN },
      { ran: 2 ** 53 },
      { queued: 1 },
      { completed: 1 },
    ]) {
      await expect(scene.settle(held, COMPLETED, { measures })).rejects.toMatchObject({ code: "bad-usage" });
    }
    await expect(scene.settle(held, COMPLETED, { measures: { "\0": 1 } })).rejects.toMatchObject({
      code: "bad-input",
    });
    expect(await scene.queueCounts()).toEqual({ running: 1 });
  });
}

function prefixRules(rule: Rule): void {
  rule("are those of every scope that begins so, folded or not", async (scene) => {
    await scene.add({ queue: "a" });
    await scene.foldAll();
    await scene.add({ queue: "a", priority: "bulk" });
    await scene.add({ queue: "a:b" });
    await scene.add({ queue: "ab" });
    expect(await scene.store.countersUnder("queue:")).toEqual({
      "queue:a:default": { queued: 1 },
      "queue:a:bulk": { queued: 1 },
      "queue:a:b:default": { queued: 1 },
      "queue:ab:default": { queued: 1 },
    });
    expect(Object.keys(await scene.store.countersUnder("queue:a:")).toSorted()).toEqual([
      "queue:a:b:default",
      "queue:a:bulk",
      "queue:a:default",
    ]);
    expect(await scene.store.countersUnder("nothing:")).toEqual({});
  });

  rule("need their colon, and minutes that are kept", async (scene) => {
    const refused = [
      scene.store.countersUnder("queue"),
      scene.store.countersUnder("queue:", { lastMinutes: 0 }),
      scene.store.countersUnder("queue:", { lastMinutes: 1.5 }),
      scene.store.countersUnder("queue:", { lastMinutes: 1_441 }),
    ];
    for (const call of refused) await expect(call).rejects.toMatchObject({ code: "bad-usage" });
  });
}

function recentRules(rule: Rule): void {
  rule("count what was added then, by the share of the minute they begin in", async (scene) => {
    await toFullMinute(scene);
    for (let job = 0; job < 4; job += 1) await complete(scene);
    await scene.advance(MINUTE_MS);
    await complete(scene);
    expect(await recent(scene, 1)).toEqual({ [SCOPE]: { completed: 5, ran: 5 } });
    await scene.advance(MINUTE_MS / 4);
    expect(await recent(scene, 1)).toEqual({ [SCOPE]: { completed: 4, ran: 4 } });
    await scene.advance(MINUTE_MS / 2);
    expect(await recent(scene, 1)).toEqual({ [SCOPE]: { completed: 2, ran: 2 } });
    expect(await recent(scene, 2)).toEqual({ [SCOPE]: { completed: 5, ran: 5 } });
    await scene.advance(2 * MINUTE_MS);
    expect(await recent(scene, 1)).toEqual({});
    expect(await recent(scene, 60)).toEqual({ [SCOPE]: { completed: 5, ran: 5 } });
    await scene.advance(HOUR_MS);
    expect(await recent(scene, 60)).toEqual({});
    expect(await recent(scene, 1_440)).toEqual({ [SCOPE]: { completed: 5, ran: 5 } });
  });

  rule("are the same before, while and after the journal is folded", async (scene) => {
    await toFullMinute(scene);
    for (let job = 0; job < 3; job += 1) await complete(scene);
    await scene.settle(await scene.hold({ queue: "other" }), dead());
    const before = await recent(scene, 5);
    expect(before).toEqual({ [SCOPE]: { completed: 3, ran: 3 }, "queue:other:default": { dead: 1 } });
    for (const limit of [1, 2, 1, 1_000]) {
      await scene.store.fold({ limit });
      expect(await recent(scene, 5)).toEqual(before);
    }
    expect(await scene.store.countersUnder("queue:other:", { lastMinutes: 5 })).toEqual({
      "queue:other:default": { dead: 1 },
    });
  });

  rule("a day later nothing is left of them, and the whole counters stand", async (scene) => {
    await complete(scene);
    await scene.foldAll();
    await scene.advance(26 * HOUR_MS);
    await scene.foldAll();
    expect(await recent(scene, 1_440)).toEqual({});
    expect(await scene.store.countersUnder("queue:")).toEqual({ [SCOPE]: { completed: 1, ran: 1 } });
  });
}

function waitRules(rule: Rule): void {
  rule("says how long each job has been due", async (scene) => {
    await scene.add({ delayMs: 100 });
    await scene.advance(30);
    await scene.add();
    await scene.advance(90);
    const claimed = await scene.claim();
    expect(claimed.map(({ waitedMs }) => waitedMs)).toEqual([90, 20]);
    const [first] = claimed;
    if (first === undefined) throw new Error("two jobs were claimed");
    await scene.settle(first, retry(50));
    await scene.advance(57);
    expect((await scene.claimOne()).waitedMs).toBe(7);
  });

  rule("says it of suspects too", async (scene) => {
    await scene.hold();
    await scene.expire();
    await scene.advance(5);
    expect((await scene.claimSuspect()).waitedMs).toBe(10_005);
  });
}

async function complete(scene: Scene): Promise<void> {
  await scene.settle(await scene.hold(), COMPLETED, { measures: { ran: 1 } });
}

function recent(scene: Scene, lastMinutes: number): Promise<CountersByScope> {
  return scene.store.countersUnder("queue:", { lastMinutes });
}

/** Moves the clock to where a minute begins. */
async function toFullMinute(scene: Scene): Promise<void> {
  const { createdAtMs } = await scene.row((await scene.add({ queue: "clock" })).id);
  await scene.advance(MINUTE_MS - (createdAtMs % MINUTE_MS));
}
