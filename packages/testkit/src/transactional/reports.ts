/** Rules of what transactional handlers tell of themselves, and of the children they make. */
import { defineJob, type JobId } from "@millrace/core";
import { expect } from "vitest";
import type { TransactionalRule } from "./handlers.ts";
import { leave, type TransactionalScene } from "./transactional-scene.ts";

/** Below any deadline of a store call: whoever waits for a transaction that waits for him is late. */
const RESULT = { timeout: "20s" } as const;
const child = defineJob({ name: "child", queue: "later" });

/** Progress, log lines and children in transactions. */
export function reportRules(rule: TransactionalRule): void {
  rule("progress, log lines and children of a transactional attempt come with its end", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (_input: unknown, ctx) => {
        ctx.log("begun");
        ctx.progress(50);
        ctx.enqueueChild(child, 1);
        await leave("a", ctx.transaction);
        await ctx.transaction?.query("select pg_sleep(0.7)");
        await ctx.save({ checkpoint: "kept" });
        ctx.log("saved");
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, null);
    await result(RESULT);
    expect(await lines(scene, id)).toEqual(["begun", "saved"]);
    expect((await mr.jobs.get(id))?.progress).toMatchObject({ percent: 50 });
    expect((await mr.jobs.list({ parent: id })).rows).toMatchObject([{ name: "child", input: 1 }]);
  });

  rule("of an attempt that is rolled back the log is kept, and no child", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      retry: "none",
      run: async (_input: unknown, ctx) => {
        ctx.log("begun");
        ctx.enqueueChild(child, 1);
        await leave("a", ctx.transaction);
        throw new Error("no");
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, null);
    await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
    expect(await scene.effects()).toEqual([]);
    expect(await lines(scene, id)).toEqual(["begun"]);
    expect((await mr.jobs.list({ parent: id })).rows).toEqual([]);
  });

  rule("a handler's own transaction and its log do not wait for each other", async (scene) => {
    const job = defineJob({
      name: "job",
      run: async (_input: unknown, ctx) => {
        ctx.log("before");
        await scene.store.capabilities.transactions?.run(async (transaction) => {
          await leave("a", transaction);
          await transaction.query("select pg_sleep(0.7)");
          ctx.log("inside");
          await ctx.save({ checkpoint: "kept" }, transaction);
        });
        ctx.log("after");
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, null);
    await result(RESULT);
    expect(await scene.effects()).toEqual(["a"]);
    expect(await lines(scene, id)).toEqual(["before", "inside", "after"]);
  });
}

async function lines(scene: TransactionalScene, id: JobId): Promise<readonly string[]> {
  return (await scene.store.logs(id, { limit: 100 })).rows.map(({ line }) => line);
}
