/** Cancelling from one process what runs in another, on server PostgreSQL. */
import { createMillrace, defineJob, type Store } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testPostgresUrl } from "./postgres-home.ts";

const SCHEMA = "cancel_across";

/** A store of its own, as another process has it. */
function newStore(): Store {
  return sqlStore(createPgClient({ url: testPostgresUrl(), poolSize: 3 }), { schema: SCHEMA });
}

async function dropSchema(): Promise<void> {
  const client = createPgClient({ url: testPostgresUrl(), poolSize: 1 });
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
}

beforeEach(dropSchema);
afterEach(dropSchema);

describe("cancelling across processes", () => {
  test("stops the handler elsewhere within a poll, and no other", async () => {
    const started = new Set<string>();
    const stopped = new Map<string, unknown>();
    const job = defineJob({
      name: "long",
      run: ({ name }: { name: string }, { signal }) => {
        started.add(name); // a job is "running" from its claim on, before its handler is called
        return new Promise<never>((_, reject) =>
          signal.addEventListener("abort", () => {
            stopped.set(name, signal.reason);
            reject(signal.reason);
          }),
        );
      },
    });
    const here = createMillrace({ store: newStore(), jobs: [job] });
    const there = createMillrace({ store: newStore(), jobs: [job] });
    there.worker({ heartbeat: "200ms", sweep: "200ms" });
    try {
      const cancelled = await here.enqueue(job, { name: "cancelled" });
      const other = await here.enqueue(job, { name: "other" });
      await expect.poll(() => started.size).toBe(2);
      expect(await cancelled.cancel("not needed")).toBe("cancelling");
      await expect(cancelled.result({ timeout: "60s" })).rejects.toMatchObject({ code: "job-cancelled" });
      expect([...stopped.keys()]).toEqual(["cancelled"]);
      expect(String(stopped.get("cancelled"))).toContain("not needed");
      expect(await other.cancel()).toBe("cancelling");
      await expect(other.result({ timeout: "60s" })).rejects.toMatchObject({ code: "job-cancelled" });
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });

  test("rolls back the transaction of a handler whose job was cancelled before it settled", async () => {
    const store = newStore();
    const transactions = store.capabilities.transactions;
    if (transactions === undefined) throw new Error("server PostgreSQL has transactions");
    const effect = defineJob({ name: "effect", queue: "effects" });
    const job = defineJob({
      name: "transactional",
      run: (_input, ctx) =>
        transactions.run(async (transaction) => {
          await there.enqueue(effect, undefined, { transaction });
          await here.jobs.cancel(ctx.job.id);
          return ctx.settle(ctx.complete("done"), transaction);
        }),
    });
    const here = createMillrace({ store: newStore(), jobs: [job, effect] });
    const there = createMillrace({ store, jobs: [job, effect] });
    there.worker({ queues: ["default"] });
    try {
      const handle = await here.enqueue(job);
      await expect(handle.result({ timeout: "60s" })).rejects.toMatchObject({ code: "job-cancelled" });
      expect(await here.jobs.get(handle.id)).toMatchObject({ state: "cancelled", result: null });
      expect((await here.jobs.list({ queue: "effects" })).rows).toEqual([]);
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });

  test("rolls back what a transactional job did before its cancel, though its handler returned", async () => {
    const effect = defineJob({ name: "effect", queue: "effects" });
    const job = defineJob({
      name: "whole",
      transactional: true,
      run: async (_input, ctx) => {
        await there.enqueue(effect, undefined, { transaction: ctx.transaction });
        await here.jobs.cancel(ctx.job.id);
        return "done";
      },
    });
    const here = createMillrace({ store: newStore(), jobs: [job, effect] });
    const there = createMillrace({ store: newStore(), jobs: [job, effect] });
    there.worker({ queues: ["default"] });
    try {
      const handle = await here.enqueue(job);
      await expect(handle.result({ timeout: "60s" })).rejects.toMatchObject({ code: "job-cancelled" });
      expect((await here.jobs.list({ queue: "effects" })).rows).toEqual([]);
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });

  test("a cancel and a settlement that meet agree on how the job ended", async () => {
    const job = defineJob({ name: "quick", run: () => new Promise((resolve) => setImmediate(resolve)) });
    const here = createMillrace({ store: newStore(), jobs: [job] });
    const there = createMillrace({ store: newStore(), jobs: [job] });
    there.worker({ concurrency: 10 });
    try {
      const handles = await Promise.all(Array.from({ length: 60 }, () => here.enqueue(job, undefined)));
      const answers = await Promise.all(handles.map((handle) => handle.cancel()));
      for (const [index, handle] of handles.entries()) {
        await handle.result({ timeout: "60s" }).catch(() => undefined);
        const state = answers[index] === "already-finished" ? "completed" : "cancelled";
        expect(await here.jobs.status(handle.id)).toBe(state);
      }
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });
});
