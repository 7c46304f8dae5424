/** Rules of transactional handlers: what an attempt wrote is kept with its settlement, or not at all. */
import {
  defineJob,
  type JobId,
  type MillraceError,
  type Store,
  type TransactionCapability,
} from "@millrace/core";
import { expect } from "vitest";
import { aborted, leave, type TransactionalScene } from "./transactional-scene.ts";

/** Registers a rule: its name says it, its body proves it. */
export type TransactionalRule = (name: string, body: (scene: TransactionalScene) => Promise<void>) => void;

/** How long a result is waited for. */
export const RESULT: { readonly timeout: "60s" } = { timeout: "60s" };
const follower = defineJob({ name: "follower", queue: "later" });

/** A handler that commits. */
export function committedRules(rule: TransactionalRule): void {
  rule("its effects, its jobs, its saves and its result are kept together", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (input: string, ctx) => {
        await leave(input, ctx.transaction);
        await mr.enqueue(follower, "next", { transaction: ctx.transaction });
        await ctx.save({ checkpoint: "kept" });
        return { done: input };
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, "a");
    expect(await result(RESULT)).toEqual({ done: "a" });
    expect(await scene.effects()).toEqual(["a"]);
    expect((await scene.store.find({ queue: "later" }, { limit: 10 })).rows).toHaveLength(1);
    expect((await scene.store.find({ ids: [id] }, { limit: 1 })).rows[0]).toMatchObject({
      checkpoint: "kept",
      attempts: 1,
    });
  });

  rule("nobody sees anything of it before", async (scene) => {
    let release: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (_input: unknown, ctx) => {
        await leave("a", ctx.transaction);
        seen.push("written");
        await mayEnd;
      },
    });
    const mr = scene.working([job]);
    const { result } = await mr.enqueue(job, null);
    await expect.poll(() => seen).toEqual(["written"]);
    if (scene.store.capabilities.multiProcess) expect(await scene.effects()).toEqual([]);
    release();
    await result(RESULT);
    expect(await scene.effects()).toEqual(["a"]);
  });

  rule(
    "a control that is thrown, and one the handler settled itself, commit as returned ones do",
    async (scene) => {
      const job = defineJob({
        name: "job",
        transactional: true,
        run: async (how: string, ctx) => {
          await leave(how, ctx.transaction);
          const done = ctx.complete(how, { checkpoint: how });
          if (how === "thrown") throw done;
          return ctx.transaction === undefined ? done : ctx.settle(done, ctx.transaction);
        },
      });
      const mr = scene.working([job]);
      const handles = [await mr.enqueue(job, "thrown"), await mr.enqueue(job, "settled")];
      for (const { result } of handles) await result(RESULT);
      expect(await scene.effects()).toEqual(["settled", "thrown"]);
    },
  );

  rule("many at once leave connections for heartbeats and everything else", async (scene) => {
    let open = 0;
    let most = 0;
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (input: number, ctx) => {
        open += 1;
        most = Math.max(most, open);
        await leave(`${100 + input}`, ctx.transaction);
        await ctx.transaction?.query("select pg_sleep(0.02)");
        open -= 1;
      },
    });
    const mr = scene.working([job], { concurrency: 30 });
    const handles = await Promise.all(Array.from({ length: 30 }, (_, index) => mr.enqueue(job, index)));
    await Promise.all(handles.map(({ result }) => result(RESULT)));
    expect(await scene.effects()).toHaveLength(30);
    expect(most).toBe(scene.store.capabilities.multiProcess ? 5 : 1);
    const rows = (await scene.store.find({ name: "job" }, { limit: 100 })).rows;
    expect(rows.map((row) => row.attempts)).toEqual(rows.map(() => 1));
  });
}

/** A handler that must leave nothing. */
export function rolledBackRules(rule: TransactionalRule): void {
  rule("a throw leaves no effect, no job and no checkpoint, and the failure is settled", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      retry: "none",
      run: async (_input: unknown, ctx) => {
        await leave("a", ctx.transaction);
        await mr.enqueue(follower, "next", { transaction: ctx.transaction });
        await ctx.save({ checkpoint: "lost" });
        throw new Error("on purpose");
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, null);
    await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "dead",
      attempts: 1,
      error: { message: "on purpose" },
    });
    expect(await scene.effects()).toEqual([]);
    const { rows } = await scene.store.find({}, { limit: 10 });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.checkpoint).toBeUndefined();
  });

  rule("a throw before the handler gives a promise is that failure, and no other", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      retry: "none",
      run: () => {
        throw new Error("at once");
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, null);
    await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "dead",
      attempts: 1,
      error: { class: "processing", message: "at once" },
    });
  });

  rule("a failed statement that the handler swallows", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      retry: "none",
      run: async (_input: unknown, ctx) => {
        await leave("a", ctx.transaction);
        await ctx.transaction?.query("select 1/0").catch(() => undefined);
      },
    });
    const mr = scene.working([job]);
    const { id, result } = await mr.enqueue(job, null);
    await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
    expect((await mr.jobs.get(id))?.state).toBe("dead");
    expect(await scene.effects()).toEqual([]);
  });

  rule("a timeout, whether the handler then succeeds or goes on for ever", async (scene) => {
    const late: unknown[] = [];
    const job = defineJob({
      name: "job",
      transactional: true,
      timeout: 100,
      retry: "none",
      run: async (how: string, ctx) => {
        await leave(how, ctx.transaction).catch(() => undefined); // it may be too late on a slow machine
        await aborted(ctx.signal);
        if (how === "succeeds") return how;
        await expect.poll(() => late.length).toBe(1);
        await leave("much later", ctx.transaction).catch(
          (error: MillraceError) => void late.push(error.code),
        );
        return how;
      },
    });
    const mr = scene.working([job], { grace: 100 });
    for (const how of ["succeeds", "goes on"]) {
      const { id, result } = await mr.enqueue(job, how);
      await expect(result(RESULT)).rejects.toMatchObject({ code: "job-failed" });
      expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", error: { class: "timeout" } });
    }
    late.push("now");
    await expect.poll(() => late).toEqual(["now", "bad-usage"]);
    expect(await scene.effects()).toEqual([]);
  });

  rule("a cancel heard just before the handler is called, which then never ends", async (scene) => {
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (_input: unknown, ctx) => {
        await leave("a", ctx.transaction);
        await mayEnd;
      },
    });
    let release: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => {
      release = resolve;
    });
    const mr = scene.working(
      [job],
      { grace: 100, heartbeat: 20 },
      cancellingFirst(scene.store, async () => (await enqueued).id),
    );
    const enqueued = mr.enqueue(job, null);
    const { result } = await enqueued;
    await expect(result(RESULT)).rejects.toMatchObject({ code: "job-cancelled" });
    release();
    expect(await scene.effects()).toEqual([]);
  });

  rule("a lease that the store calls lost, and the next attempt does it all", async (scene) => {
    const extend: Store["extend"] = async (leases, options) => {
      if (isTold) return scene.store.extend(leases, options);
      return { lost: leases.map(({ lease }) => lease) };
    };
    let isTold = false;
    const attempts: number[] = [];
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (_input: unknown, ctx) => {
        const attempt = attempts.push(ctx.attempt);
        await leave(`${attempt}`, ctx.transaction);
        if (attempt > 1) return;
        await aborted(ctx.signal);
        isTold = true;
      },
    });
    // A worker that is held up here counts its lease as lost before it has asked: all the same to the attempt.
    const mr = scene.working([job], { lease: 600 }, { ...scene.store, extend });
    const { result } = await mr.enqueue(job, null);
    await expect.poll(() => isTold).toBe(true);
    await scene.expireLeases();
    await result(RESULT);
    expect(attempts).toHaveLength(2);
    expect(await scene.effects()).toEqual(["2"]);
  });

  rule("a store closed under it: the next process finds nothing of it, and does it", async (scene) => {
    const running: string[] = [];
    const job = defineJob({
      name: "job",
      transactional: true,
      run: async (_input: unknown, ctx) => {
        running.push("a");
        await leave(`${running.length}`, ctx.transaction);
        if (running.length === 1) await aborted(ctx.signal);
      },
    });
    const first = scene.working([job], { grace: 0, drain: 0 });
    const { id } = await first.enqueue(job, null);
    await expect.poll(() => running).toEqual(["a"]);
    await scene.reopen();
    await first.close();
    await scene.expireLeases();
    const next = scene.working([job]);
    await next.handle(id).result(RESULT);
    expect(await scene.effects()).toEqual(["2"]);
  });
}

/** A store whose transactions begin once their job has been cancelled and its worker knows. */
function cancellingFirst(store: Store, idOf: () => Promise<JobId>): Store {
  const { transactions } = store.capabilities;
  if (transactions === undefined) return store;
  const run: TransactionCapability["run"] = async (work, { turn } = {}) => {
    if (turn === undefined) return transactions.run(work);
    await store.cancel([await idOf()]);
    await aborted(turn);
    return transactions.run(work, { turn: new AbortController().signal });
  };
  return { ...store, capabilities: { ...store.capabilities, transactions: { run } } };
}
