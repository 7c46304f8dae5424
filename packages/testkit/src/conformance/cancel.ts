/** Rules of cancel: what it does to a job in every state, and that a cancelled job never succeeds. */
import type { JobId, LeaseId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  LEASE_MS,
  newJob,
  newJobs,
  newStep,
  nextId,
  QUEUE,
  released,
  retry,
  settlementOf,
  suspended,
  writeOf,
} from "./builders.ts";
import { type Rule, rulesOn, TRANSACTIONS } from "./rule.ts";

/** Cancelling single jobs; `cancel-tree.ts` holds the rules of parents and children. */
export function cancelRules(home: TestHome): void {
  describe("cancel", () => {
    const rule = rulesOn(home);
    describe("jobs nobody holds", () => queuedRules(rule));
    describe("running jobs", () => runningRules(rule));
    describe("settling a flagged job", () => settleRules(rule));
    describe("cancels", () => signalRules(rule));
  });
}

function queuedRules(rule: Rule): void {
  rule("a ready job ends at once, with who said so and why in its records", async (scene) => {
    const job = await scene.add();
    await scene.advance(70);
    expect(await scene.store.cancel([job.id], { reason: "wrong\nmodel", by: "ann" })).toEqual(["cancelled"]);
    const row = await scene.row(job.id);
    expect(row).toMatchObject({ state: "cancelled", attempts: 0, generation: 1 });
    expect(row.finishedAtMs).toBe(row.createdAtMs + 70);
    expect(row.records).toBe(`${row.finishedAtMs} {"kind":"cancelled","reason":"wrong\\nmodel","by":"ann"}`);
    expect(await scene.claim()).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ cancelled: 1 });
  });

  rule("scheduled, retrying, suspect and waiting jobs end at once too", async (scene) => {
    const later = await scene.add({ delayMs: 60_000 });
    const failed = await scene.hold();
    await scene.settle(failed, retry(60_000), { record: '{"kind":"retry"}' });
    const parent = await scene.hold();
    await scene.settle(parent, suspended(), { spawn: [newJob({ queue: "elsewhere" })] });
    const lost = await scene.hold();
    await scene.expire();
    const ids = [later.id, failed.id, parent.id, lost.id];
    expect(await scene.store.cancel(ids)).toEqual(ids.map(() => "cancelled"));
    const { records, attempts } = await scene.row(failed.id);
    expect(records.split("\n")).toHaveLength(2);
    expect(attempts).toBe(1);
    await scene.advance(120_000);
    expect([...(await scene.claim()), ...(await scene.claim({ solo: true }))]).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ cancelled: 4 });
  });

  rule("what has finished stays as it is, and what is not there is not found", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, COMPLETED);
    const lost = await scene.hold();
    await scene.settle(lost, dead());
    const gone = await scene.add();
    await scene.store.cancel([gone.id]);
    const before = await scene.row(gone.id);
    expect(await scene.store.cancel([held.id, lost.id, gone.id, nextId<JobId>()])).toEqual([
      "already-finished",
      "already-finished",
      "already-finished",
      "not-found",
    ]);
    expect((await scene.row(held.id)).state).toBe("completed");
    expect(await scene.row(gone.id)).toEqual(before);
    expect(await scene.queueCounts()).toEqual({ completed: 1, dead: 1, cancelled: 1 });
  });

  rule("an id met twice is answered twice and cancelled once", async (scene) => {
    const job = await scene.add();
    expect(await scene.store.cancel([job.id, job.id])).toEqual(["cancelled", "cancelled"]);
    expect(await scene.queueCounts()).toEqual({ cancelled: 1 });
    expect(await scene.store.cancel([])).toEqual([]);
  });

  rule("many jobs of all kinds are answered in order", async (scene) => {
    const jobs = newJobs(300);
    await scene.store.enqueue(jobs);
    const held = await scene.claim({ max: 200 });
    await scene.settleAll(held.slice(0, 100), COMPLETED);
    const expected = (index: number) =>
      index < 100 ? "already-finished" : index < 200 ? "cancelling" : "cancelled";
    const ids = jobs.map((job) => job.id);
    expect(await scene.store.cancel(ids.toReversed())).toEqual(
      ids.map((_, index) => expected(index)).toReversed(),
    );
    expect(await scene.queueCounts()).toEqual({ completed: 100, running: 100, cancelled: 100 });
  });

  rule("jobs left in line when most of those behind them are cancelled go on in order", async (scene) => {
    const jobs = newJobs(150);
    await scene.store.enqueue(jobs);
    const ids = jobs.map(({ id }) => id);
    await scene.store.cancel(ids.slice(40));
    expect((await scene.claim()).map(({ id }) => id)).toEqual(ids.slice(0, 40));
  });

  rule("an end by cancel is still there for a re-sent enqueue", async (scene) => {
    const job = await scene.add();
    await scene.store.cancel([job.id]);
    expect(await scene.store.enqueue([job], { resend: true })).toEqual([{ id: job.id, result: "exists" }]);
  });

  rule("a reason too long to keep is refused", async (scene) => {
    const job = await scene.add();
    await expect(scene.store.cancel([job.id], { reason: "x".repeat(2_001) })).rejects.toMatchObject({
      code: "bad-input",
    });
    expect((await scene.row(job.id)).state).toBe("ready");
  });
}

function runningRules(rule: Rule): void {
  rule("a running job is flagged and runs on", async (scene) => {
    const held = await scene.hold();
    expect(await scene.store.cancel([held.id], { reason: "first" })).toEqual(["cancelling"]);
    expect(await scene.store.cancel([held.id], { reason: "second" })).toEqual(["cancelling"]);
    expect((await scene.row(held.id)).state).toBe("running");
    expect(await scene.queueCounts()).toEqual({ running: 1 });
    await scene.settle(held, COMPLETED);
    const { records } = await scene.row(held.id);
    expect(records).toContain("first");
    expect(records).not.toContain("second");
  });

  rule("a flagged job may still save, children and items too", async (scene) => {
    const held = await scene.hold();
    const step = newStep();
    await scene.store.cancel([held.id]);
    const child = newJob({ queue: "elsewhere" });
    const parts = { checkpoint: "0kept", spawn: [child], step, counters: { pages: 2 } };
    expect(await scene.save(held, parts)).toBe("applied");
    expect(await scene.stepCounts(step)).toEqual({ pages: 2 });
    expect((await scene.row(held.id)).checkpoint).toBe("0kept");
    expect((await scene.row(child.id)).state).toBe("ready");
  });

  rule("a flagged job's lease is extended like any other", async (scene) => {
    const lease = nextId<LeaseId>();
    await scene.add();
    const held = await scene.claimOne({ lease });
    await scene.store.cancel([held.id]);
    await scene.advance(LEASE_MS - 1);
    const touch = [{ lease, dropped: false }];
    expect(await scene.store.extend(touch, { worker: "worker-1", leaseMs: LEASE_MS })).toEqual({ lost: [] });
  });

  rule("a flagged job whose holder vanishes ends cancelled, neither ready nor crashed", async (scene) => {
    const held = await scene.hold({ maxRescues: 0 });
    await scene.store.cancel([held.id], { reason: "stop" });
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 0, crashed: 0, more: false });
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "cancelled", rescues: 1, attempts: 0 });
    expect(row.records).toBe(`${row.finishedAtMs} {"kind":"cancelled","reason":"stop"}`);
    expect(row.fingerprint).toBeUndefined();
    expect(await scene.settle(held, COMPLETED)).toBe("fenced");
    expect(await scene.queueCounts()).toEqual({ cancelled: 1 });
  });
}

function settleRules(rule: Rule): void {
  rule("however an attempt ends, a flagged job ends cancelled", async (scene) => {
    const outcomes = [COMPLETED, retry(0), dead(), released(true), released(false), suspended()];
    await scene.store.enqueue(newJobs(outcomes.length));
    const held = await scene.claim();
    await scene.store.cancel(held.map((job) => job.id));
    const settlements = held.map((job, index) => settlementOf(job, outcomes[index] ?? COMPLETED));
    expect(await scene.store.settle(settlements)).toEqual(held.map(() => "applied-as-cancelled"));
    const rows = await Promise.all(held.map((job) => scene.row(job.id)));
    expect(rows.map((row) => row.state)).toEqual(outcomes.map(() => "cancelled"));
    expect(rows.map((row) => row.attempts)).toEqual([1, 1, 1, 0, 0, 0]);
    expect(rows.map((row) => row.interruptions)).toEqual([0, 0, 0, 1, 0, 0]);
    expect(rows.map((row) => row.records.split("\n").length)).toEqual([2, 2, 2, 1, 1, 1]);
    expect(rows.map((row) => row.fingerprint)).toEqual(outcomes.map(() => undefined));
    expect(await scene.queueCounts()).toEqual({ cancelled: outcomes.length });
    expect(await scene.claim()).toEqual([]);
  });

  rule("flagged and other jobs settle in one call, each as it should", async (scene) => {
    await scene.store.enqueue(newJobs(4));
    const held = await scene.claim();
    const [first, second, third, fourth] = held;
    if (!first || !second || !third || !fourth) throw new Error("four were to be claimed");
    await scene.store.cancel([first.id, third.id]);
    expect(
      await scene.store.settle([
        settlementOf(first, COMPLETED),
        settlementOf(second, COMPLETED),
        settlementOf(third, retry(1)),
        settlementOf(fourth, retry(1)),
      ]),
    ).toEqual(["applied-as-cancelled", "applied", "applied-as-cancelled", "applied"]);
    expect(await scene.queueCounts()).toEqual({ cancelled: 2, completed: 1, queued: 1 });
  });

  rule("a re-sent settlement of a cancelled job is known", async (scene) => {
    const held = await scene.hold();
    await scene.store.cancel([held.id]);
    expect(await scene.settle(held, COMPLETED)).toBe("applied-as-cancelled");
    expect(await scene.settle(held, COMPLETED)).toBe("already-applied");
    expect((await scene.store.save([writeOf(held, { write: 2_000 })]))[0]).toBe("already-applied");
    expect(await scene.queueCounts()).toEqual({ cancelled: 1 });
  });

  rule("what a flagged job's last write carries is kept", async (scene) => {
    const held = await scene.hold();
    const step = newStep();
    await scene.store.cancel([held.id]);
    await scene.settle(held, COMPLETED, { checkpoint: "0last", step, counters: { pages: 3 } });
    expect(await scene.row(held.id)).toMatchObject({ state: "cancelled", checkpoint: "0last" });
    expect(await scene.stepCounts(step)).toEqual({ pages: 3 });
  });

  rule("a settlement that comes first wins", async (scene) => {
    const held = await scene.hold();
    expect(await scene.settle(held, COMPLETED)).toBe("applied");
    expect(await scene.store.cancel([held.id])).toEqual(["already-finished"]);
    expect((await scene.row(held.id)).state).toBe("completed");
  });

  rule("cancels and settlements racing agree on how each job ended", async (scene) => {
    await scene.store.enqueue(newJobs(60));
    const held = await scene.claim();
    const settling = held.map((job) => scene.settle(job, COMPLETED));
    const cancelling = held.map((job) => scene.store.cancel([job.id]));
    const settled = await Promise.all(settling);
    const cancelled = (await Promise.all(cancelling)).flat();
    const counts = { completed: 0, cancelled: 0 };
    for (const [index, job] of held.entries()) {
      const state = cancelled[index] === "cancelling" ? "cancelled" : "completed";
      expect((await scene.row(job.id)).state).toBe(state);
      expect(settled[index]).toBe(state === "cancelled" ? "applied-as-cancelled" : "applied");
      counts[state] += 1;
    }
    const present = Object.entries(counts).filter(([, count]) => count > 0);
    expect(await scene.queueCounts()).toEqual(Object.fromEntries(present));
  });

  rule(
    "a settlement in a transaction that is rolled back leaves the flagged job running",
    async (scene) => {
      const held = await scene.hold();
      await scene.store.cancel([held.id]);
      const run = scene.store.capabilities.transactions?.run ?? (() => Promise.reject(new Error("none")));
      const rolledBack = run(async (transaction) => {
        const settlement = settlementOf(held, COMPLETED);
        expect(await scene.store.settle([settlement], { transaction })).toEqual(["applied-as-cancelled"]);
        throw new Error("cancelled");
      });
      await expect(rolledBack).rejects.toThrow("cancelled");
      expect((await scene.row(held.id)).state).toBe("running");
      expect(await scene.settle(held, COMPLETED)).toBe("applied-as-cancelled");
    },
    TRANSACTIONS,
  );
}

function signalRules(rule: Rule): void {
  rule("tells of flagged jobs under the leases asked for, with their token and reason", async (scene) => {
    const lease = nextId<LeaseId>();
    const other = nextId<LeaseId>();
    await scene.store.enqueue(newJobs(3));
    await scene.add({ queue: "other" });
    const held = await scene.claim({ lease, max: 3 });
    const [elsewhere] = await scene.claim({ lease: other, queue: "other" });
    const [first, second] = held;
    if (!first || !second || !elsewhere) throw new Error("they were to be claimed");
    expect(await scene.store.cancels([lease, other])).toEqual([]);
    await scene.store.cancel([first.id], { reason: "stop" });
    await scene.store.cancel([elsewhere.id]);
    const signal = { job: first.id, token: first.token, reason: "stop" };
    expect(await scene.store.cancels([lease])).toEqual([signal]);
    expect(await scene.store.cancels([lease])).toEqual([signal]);
    expect(await scene.store.cancels([lease, other])).toHaveLength(2);
    expect(await scene.store.cancels([])).toEqual([]);
    expect(await scene.store.cancels([nextId<LeaseId>()])).toEqual([]);
    await scene.settle(first, COMPLETED);
    expect(await scene.store.cancels([lease])).toEqual([]);
    expect(await scene.queueCounts(QUEUE)).toEqual({ running: 2, cancelled: 1 });
  });
}
