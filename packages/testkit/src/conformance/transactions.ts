/** Rules of the `transactions` capability, and of stores without it. */
import type { Transaction, TransactionCapability } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, item, LEASE_MS, newJob, newStep, settlementOf, writeOf } from "./builders.ts";
import { NO_TRANSACTIONS, type Rule, rulesOn, TRANSACTIONS } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What joining a transaction means for enqueue, save and settle. */
export function transactionRules(home: TestHome): void {
  describe("transactions", () => {
    const rule = rulesOn(home);
    describe("committed", () => commitRules(rule));
    describe("rolled back", () => rollBackRules(rule));
    describe("where there are none", () => absentRules(rule));
  });
}

function transactionsOf(scene: Scene): TransactionCapability {
  const { transactions } = scene.store.capabilities;
  if (transactions === undefined) throw new Error("the store has no transactions");
  return transactions;
}

/** Runs work and rolls it back. */
async function rollBack(scene: Scene, work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
  const undone = new Error("rolled back on purpose");
  const run = transactionsOf(scene).run(async (transaction) => {
    await work(transaction);
    throw undone;
  });
  await expect(run).rejects.toBe(undone);
}

function commitRules(rule: Rule): void {
  rule(
    "all that joined is applied together, and what the work gives comes back",
    async (scene) => {
      const [first, second] = [await scene.hold(), await scene.hold()];
      const [job, child] = [newJob({ queue: "new" }), newJob({ queue: "new" })];
      const step = newStep();
      const answer = await transactionsOf(scene).run(async (transaction) => {
        await scene.store.enqueue([job], { transaction });
        const save = writeOf(first, { checkpoint: "saved", spawn: [child], step, items: [item("a")] });
        await scene.store.save([save], { transaction });
        return scene.store.settle([settlementOf(second, COMPLETED)], { transaction });
      });
      expect(answer).toEqual(["applied"]);
      expect(await scene.queueCounts()).toEqual({ running: 1, completed: 1 });
      expect(await scene.queueCounts("new")).toEqual({ queued: 2 });
      expect(await scene.row(first.id)).toMatchObject({ checkpoint: "saved" });
      expect(await scene.stepCounts(step)).toEqual({ done: 1 });
    },
    TRANSACTIONS,
  );

  rule(
    "a stale token is fenced inside a transaction too, so the work can roll back",
    async (scene) => {
      const stale = await scene.hold();
      await scene.advance(LEASE_MS);
      await scene.store.rescue({ limit: 10 });
      const answers = await transactionsOf(scene).run((transaction) =>
        scene.store.settle([settlementOf(stale, COMPLETED)], { transaction }),
      );
      expect(answers).toEqual(["fenced"]);
      expect((await scene.row(stale.id)).state).toBe("ready");
    },
    TRANSACTIONS,
  );

  rule(
    "a re-send after a lost answer is already applied",
    async (scene) => {
      const held = await scene.hold();
      const settle = () =>
        transactionsOf(scene).run((transaction) =>
          scene.store.settle([settlementOf(held, COMPLETED)], { transaction }),
        );
      expect(await settle()).toEqual(["applied"]);
      expect(await settle()).toEqual(["already-applied"]);
      expect(await scene.queueCounts()).toEqual({ completed: 1 });
    },
    TRANSACTIONS,
  );
}

function rollBackRules(rule: Rule): void {
  rule(
    "a save changes nothing: no checkpoint, no child, no item, no counter, no write number",
    async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      const child = newJob({ queue: "new" });
      const given = { checkpoint: "x", spawn: [child], step, items: [item("a")], counters: { read: 1 } };
      const write = writeOf(held, given);
      await rollBack(scene, async (transaction) => {
        expect(await scene.store.save([write], { transaction })).toEqual(["applied"]);
      });
      expect((await scene.row(held.id)).checkpoint).toBeUndefined();
      expect(await scene.ids({ queue: "new" })).toEqual([]);
      expect(await scene.items(step)).toEqual([]);
      expect(await scene.stepCounts(step)).toEqual({});
      expect(await scene.store.save([write])).toEqual(["applied"]);
      expect(await scene.stepCounts(step)).toEqual({ done: 1, read: 1 });
    },
    TRANSACTIONS,
  );

  rule(
    "a settlement changes nothing: the job runs on under its token",
    async (scene) => {
      const held = await scene.hold();
      const settlement = settlementOf(held, COMPLETED);
      await rollBack(scene, async (transaction) => {
        expect(await scene.store.settle([settlement], { transaction })).toEqual(["applied"]);
      });
      expect((await scene.row(held.id)).state).toBe("running");
      expect(await scene.queueCounts()).toEqual({ running: 1 });
      expect(await scene.store.settle([settlement])).toEqual(["applied"]);
    },
    TRANSACTIONS,
  );

  rule(
    "an enqueue leaves no job, and its ids are free",
    async (scene) => {
      const job = newJob();
      await rollBack(scene, (transaction) => scene.store.enqueue([job], { transaction }));
      expect(await scene.ids({})).toEqual([]);
      expect(await scene.claim()).toEqual([]);
      expect(await scene.store.enqueue([job])).toEqual([{ id: job.id, result: "created" }]);
    },
    TRANSACTIONS,
  );

  rule(
    "a parent is not woken by children whose end was rolled back",
    async (scene) => {
      const parent = await scene.hold();
      const spawn = [newJob({ queue: "children" })];
      await scene.settle(parent, { kind: "suspended", wakeAt: 0 }, { spawn });
      const child = await scene.claimOne({ queue: "children" });
      await rollBack(scene, (transaction) =>
        scene.store.settle([settlementOf(child, COMPLETED)], { transaction }),
      );
      expect((await scene.row(parent.id)).state).toBe("waiting");
      await scene.settle(child, COMPLETED);
      expect((await scene.row(parent.id)).state).toBe("ready");
    },
    TRANSACTIONS,
  );
}

function absentRules(rule: Rule): void {
  rule(
    "a transaction is refused as unsupported, and nothing is applied",
    async (scene) => {
      const held = await scene.hold();
      const transaction = {} as Transaction; // no store without the capability can have made one
      const refusal = { code: "unsupported" };
      const { store } = scene;
      await expect(store.enqueue([newJob()], { transaction })).rejects.toMatchObject(refusal);
      await expect(store.save([writeOf(held, { checkpoint: "x" })], { transaction })).rejects.toMatchObject(
        refusal,
      );
      const settlement = settlementOf(held, COMPLETED);
      await expect(store.settle([settlement], { transaction })).rejects.toMatchObject(refusal);
      expect((await scene.row(held.id)).checkpoint).toBeUndefined();
      expect(await scene.queueCounts()).toEqual({ running: 1 });
    },
    NO_TRANSACTIONS,
  );
}
