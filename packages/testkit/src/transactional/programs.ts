/** Rules of `mr.transaction`, and of stores that have none. */
import { defineJob } from "@millrace/core";
import { expect } from "vitest";
import type { TransactionalRule } from "./handlers.ts";
import { leave } from "./transactional-scene.ts";

const greet = defineJob({ name: "greet", run: (input: { to: string }) => `hello ${input.to}` });

/** A program's own transactions. */
export function programRules(rule: TransactionalRule): void {
  rule("what mr.transaction enqueued and wrote is kept when it resolves, and run at once", async (scene) => {
    const mr = scene.working([greet]);
    const handle = await mr.transaction(async (transaction) => {
      await leave("a", transaction);
      const many = await mr.enqueueMany(greet, [{ to: "b" }, { to: "c" }], { transaction });
      expect(many).toEqual({ enqueued: 2 });
      return mr.enqueue(greet, { to: "a" }, { transaction });
    });
    expect(await handle.result({ timeout: "60s" })).toBe("hello a");
    expect(await scene.effects()).toEqual(["a"]);
    expect((await scene.store.find({}, { limit: 10 })).rows).toHaveLength(3);
  });

  rule("and gone when it rejects", async (scene) => {
    const mr = scene.client([greet]);
    const undone = new Error("undone");
    const work = mr.transaction(async (transaction) => {
      await leave("a", transaction);
      await mr.enqueue(greet, { to: "a" }, { transaction });
      throw undone;
    });
    await expect(work).rejects.toBe(undone);
    expect(await scene.effects()).toEqual([]);
    expect((await scene.store.find({}, { limit: 10 })).rows).toEqual([]);
  });

  rule("it is called once, even where the store's own work would be tried again", async (scene) => {
    const mr = scene.client([greet]);
    let calls = 0;
    const work = mr.transaction(async (transaction) => {
      calls += 1;
      await transaction.query("do $$ begin raise exception 'victim' using errcode = '40P01'; end $$");
    });
    await expect(work).rejects.toMatchObject({ code: "store-failed", details: { sqlState: "40P01" } });
    expect(calls).toBe(1);
  });

  rule("a transaction that is over cannot be joined", async (scene) => {
    const mr = scene.client([greet]);
    const over = await mr.transaction(async (transaction) => transaction);
    const late = mr.enqueue(greet, { to: "a" }, { transaction: over });
    await expect(late).rejects.toMatchObject({ code: "bad-usage" });
    expect((await scene.store.find({}, { limit: 10 })).rows).toEqual([]);
  });
}

/** Where there are no transactions. */
export function absentRules(rule: TransactionalRule): void {
  const refusal = { code: "unsupported", message: expect.stringContaining("this store has no transactions") };

  rule("a worker with a transactional job is refused at its start", async (scene) => {
    const mr = scene.client([defineJob({ name: "job", transactional: true, run: () => undefined })]);
    expect(() => mr.worker()).toThrow(expect.objectContaining(refusal));
  });

  rule("mr.transaction is refused, and its work not called", async (scene) => {
    let calls = 0;
    const work = scene.client([greet]).transaction(async () => {
      calls += 1;
    });
    await expect(work).rejects.toMatchObject(refusal);
    expect(calls).toBe(0);
  });
}
