/** Rules of `mr.transaction`, and of stores that have none. */
import { defineBatch, defineJob } from "@millrace/core";
import { expect } from "vitest";
import type { TransactionalRule } from "./handlers.ts";
import { leave } from "./transactional-scene.ts";

const greet = defineJob({ name: "greet", run: (input: { to: string }) => `hello ${input.to}` });

const numbers = defineBatch({ name: "numbers" }).step("numbers", {
  read: () => [1],
  process: (item: number) => item,
});

/** A program's own transactions. */
export function programRules(rule: TransactionalRule): void {
  rule("what mr.transaction enqueued and wrote is kept when it resolves, and run at once", async (scene) => {
    const mr = scene.working([greet]);
    const handle = await mr.transaction(async (transaction) => {
      await leave("a", transaction);
      const many = await mr.enqueueMany(greet, [{ to: "b" }, { to: "c" }], { transaction });
      expect(many).toEqual({ enqueued: 2, duplicates: 0, replaced: 0, refused: 0 });
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

/** Where the store has one connection. */
export function exclusiveRules(rule: TransactionalRule): void {
  const refusal = { code: "bad-usage", message: expect.stringContaining("give it { transaction }") };

  rule("a call that does not join the transaction it is made in is refused at once", async (scene) => {
    const mr = scene.client([greet]);
    const first = await mr.enqueue(greet, { to: "first" });
    const calls: readonly (() => Promise<unknown>)[] = [
      () => mr.enqueue(greet, { to: "a" }),
      () => mr.enqueueMany(greet, [{ to: "a" }]),
      () => mr.jobs.get(first.id),
      () => first.cancel(),
      () => first.result(),
      () => mr.stats(),
      () => mr.queues.pause("default"),
      () => mr.limits.hold("mail", "1m"),
      () => mr.transaction(async () => undefined),
      () => mr.start(numbers, {}),
    ];
    await mr.transaction(async (transaction) => {
      await leave("a", transaction);
      for (const call of calls) {
        await new Promise((resolve) => setImmediate(resolve));
        await expect(call()).rejects.toMatchObject(refusal);
      }
      await mr.enqueue(greet, { to: "b" }, { transaction });
    });
    expect(await scene.effects()).toEqual(["a"]);
    expect((await scene.store.find({}, { limit: 10 })).rows).toHaveLength(2);
  });

  rule("what a transaction's work has left behind may call once that has ended", async (scene) => {
    const mr = scene.client([greet]);
    let ended = (): void => undefined;
    const ending = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const left = await mr.transaction(async () => ({
      calling: ending.then(() => mr.enqueue(greet, { to: "a" })),
    }));
    ended();
    await left.calling;
    expect((await scene.store.find({}, { limit: 10 })).rows).toHaveLength(1);
  });

  rule("so is one that a chunk's writer makes, and its items fail for it", async (scene) => {
    const copy = defineBatch({ name: "copy" }).step("copy", {
      read: () => [1, 2, 3],
      process: (item: number) => item,
      retry: "none",
      write: async () => void (await mr.enqueue(greet, { to: "a" })),
    });
    const mr = scene.working([greet, copy as never]);
    const run = await mr.start(copy, {});
    expect((await run.finished({ timeout: "60s" })).state).not.toBe("completed");
    const failed = [];
    for await (const item of run.items("copy")) failed.push(item);
    expect(failed).toMatchObject([1, 2, 3].map(() => ({ state: "failed", message: refusal.message })));
  });

  rule("and one that a transactional handler makes, whose job stays the current one", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      retry: "none",
      run: async (_input, ctx) => {
        await mr.enqueue(greet, { to: "b" }, { transaction: ctx.transaction });
        await ctx.hold("mail", "1m");
      },
    });
    const mr = scene.working([greet, job]);
    const handle = await mr.enqueue(job, undefined, { submittedBy: "ann" });
    await expect(handle.result({ timeout: "60s" })).rejects.toMatchObject({
      code: "job-failed",
      message: expect.stringContaining("give it { transaction }"),
    });
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
