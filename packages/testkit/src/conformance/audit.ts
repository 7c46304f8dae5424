/** Rules of the audit's records: which calls leave one, of what, and in whose chain. */
import { type Actor, type AuditRecord, type ControlNote, type JobId, readAuditText } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, FAIL_FAST, newJob, newJobs, newRun, nextId, under } from "./builders.ts";
import { type Rule, rulesOn, TRANSACTIONS } from "./rule.ts";
import type { Scene } from "./scene.ts";

const ANN: Actor = { kind: "user", id: "ann", role: "operator" };
const NOTE: ControlNote = { actor: ANN, reason: "wrong model" };
const BY_ANN = { actor: { kind: "user", id: "ann" }, role: "operator", reason: "wrong model" };
const BY_MILLRACE = { actor: { kind: "system", id: "millrace" }, role: null, reason: null };

/** What is written; `audit-chain.ts` holds the rules of chaining and reading it. */
export function auditRules(home: TestHome): void {
  describe("audit records", () => {
    const rule = rulesOn(home);
    describe("of what people do to jobs", () => jobRules(rule));
    describe("of queues and runs", () => otherRules(rule));
    describe("of what happens", () => systemRules(rule));
  });
}

/** Every record, oldest first, as it was written. */
export async function recordsOf(scene: Scene): Promise<readonly AuditRecord[]> {
  const { rows } = await scene.store.findAudit({}, { limit: 1_000 });
  return rows.map(({ text }) => readAuditText(text) ?? { unreadable: text }).reverse() as AuditRecord[]; // `expect` tells
}

function jobRules(rule: Rule): void {
  rule("a cancel leaves one: who, why, and the jobs that were cancelled or flagged", async (scene) => {
    const [running, queued] = [await scene.hold(), await scene.add()];
    const ids = [queued.id, running.id, queued.id, nextId<JobId>()];
    await scene.store.cancel(ids, NOTE);
    const row = await scene.row(queued.id);
    expect(await recordsOf(scene)).toEqual([
      {
        ...BY_ANN,
        at: row.finishedAtMs,
        type: "job.cancelled",
        action: "cancel",
        tenant: "",
        resourceType: "job",
        resourceId: null,
        details: { count: 2, ids: [running.id, queued.id].sort() },
        before: null,
        after: null,
      },
    ]);
  });

  rule("so do retry, delete and clean-up, each under its own name", async (scene) => {
    const job = await scene.hold();
    await scene.settle(job, COMPLETED);
    await scene.store.retry([job.id], NOTE);
    await scene.settle(await scene.claimOne(), COMPLETED);
    await scene.store.delete([job.id], NOTE);
    const other = await scene.hold();
    await scene.settle(other, COMPLETED);
    await scene.store.cleanUp({ olderThanMs: 0, states: ["completed"], limit: 10, note: NOTE });
    const of = (id: string) => ({ ...BY_ANN, resourceType: "job", resourceId: id, tenant: "" });
    expect(await recordsOf(scene)).toMatchObject([
      { ...of(job.id), type: "job.retried", action: "retry", details: { count: 1, ids: [job.id] } },
      { ...of(job.id), type: "job.deleted", action: "delete", details: { count: 1, ids: [job.id] } },
      {
        ...of(other.id),
        type: "job.cleaned-up",
        action: "cleanUp",
        details: { count: 1, ids: [other.id], olderThanMs: 0, states: ["completed"] },
      },
    ]);
  });

  rule("a call that changes nothing leaves none, nor one that names nobody", async (scene) => {
    const job = await scene.hold();
    await scene.store.delete([job.id], NOTE);
    await scene.store.retry([job.id, nextId<JobId>()], NOTE);
    await scene.store.cancel([nextId<JobId>()], NOTE);
    await scene.store.cleanUp({ olderThanMs: 0, states: ["completed"], limit: 10, note: NOTE });
    await scene.store.cancel([job.id], { reason: "by the way", by: "bob" });
    await scene.store.configureQueue("mail", { paused: true });
    await scene.store.configureQueue("mail", { paused: true, capacity: null }, NOTE);
    expect(await recordsOf(scene)).toEqual([]);
  });

  rule("it lists the first hundred ids and counts all", async (scene) => {
    const jobs = newJobs(150);
    await scene.store.enqueue(jobs);
    await scene.store.cancel(jobs.map(({ id }) => id).reverse(), NOTE);
    const ids = jobs.map(({ id }) => id).sort();
    expect((await recordsOf(scene)).map(({ details }) => details)).toEqual([
      { count: 150, ids: ids.slice(0, 100) },
    ]);
  });

  rule("one for each tenant whose jobs it is about, and nothing of another's in it", async (scene) => {
    const jobs = [newJob({ tenant: "acme" }), newJob({ tenant: "zenith" }), newJob({ tenant: "acme" })];
    await scene.store.enqueue(jobs);
    await scene.store.cancel(
      jobs.map(({ id }) => id),
      NOTE,
    );
    const [first, second, third] = jobs.map(({ id }) => id);
    const records = await recordsOf(scene);
    expect(Object.fromEntries(records.map(({ tenant, details }) => [tenant, details]))).toEqual({
      acme: { count: 2, ids: [first, third] },
      zenith: { count: 1, ids: [second] },
    });
    const { rows } = await scene.store.findAudit({ tenant: "acme" }, { limit: 10 });
    expect(rows.map(({ tenant }) => tenant)).toEqual(["acme"]);
  });

  rule("an actor that is none is refused, and nothing done", async (scene) => {
    const job = await scene.add();
    const bad = { actor: { kind: "boss", id: "" } } as unknown as ControlNote; // what a caller without types may say
    await expect(scene.store.cancel([job.id], bad)).rejects.toMatchObject({ code: "bad-config" });
    expect((await scene.row(job.id)).state).toBe("ready");
  });

  rule("whatever is said of it is kept to the byte", async (scene) => {
    const reason = 'a "\\" \u0000 \u2028 \ud800 é 😀\n';
    await scene.store.configureQueue("é:1", { paused: true }, { actor: { kind: "key", id: "k%1" }, reason });
    expect(await recordsOf(scene)).toMatchObject([{ reason, resourceId: "é:1" }]);
  });
}

function otherRules(rule: Rule): void {
  rule("a queue's settings: as they were and as they are", async (scene) => {
    await scene.store.configureQueue("mail", { capacity: 5, capacities: { bulk: 1 } }, NOTE);
    await scene.store.configureQueue("mail", { paused: true, capacity: null }, NOTE);
    const of = {
      type: "queue.configured",
      action: "configureQueue",
      resourceType: "queue",
      resourceId: "mail",
    };
    const set = { paused: false, capacity: 5, capacities: { bulk: 1 } };
    expect(await recordsOf(scene)).toMatchObject([
      { ...of, ...BY_ANN, before: { paused: false, capacity: null, capacities: {} }, after: set },
      { ...of, before: set, after: { paused: true, capacity: null, capacities: { bulk: 1 } } },
    ]);
  });

  rule("a run that somebody moves, and one that fails whoever moves it", async (scene) => {
    const run = newRun({ tenant: "acme" });
    const coordinator = newJob();
    await scene.store.startRun(run, coordinator);
    const move = { run: run.id, from: ["running", "paused"] } as const;
    await scene.store.moveRun({ ...move, to: "paused", note: NOTE });
    await scene.store.moveRun({ ...move, to: "running" });
    await scene.store.moveRun({ ...move, to: "failed" });
    await scene.store.moveRun({ ...move, to: "cancelled", note: NOTE }); // a conflict
    const details = { coordinator: coordinator.id, definition: run.definition };
    const of = { action: "moveRun", tenant: "acme", resourceType: "run", resourceId: run.id, details };
    expect(await recordsOf(scene)).toMatchObject([
      { ...of, ...BY_ANN, type: "run.moved", before: { state: "running" }, after: { state: "paused" } },
      { ...of, ...BY_MILLRACE, type: "run.failed", before: { state: "running" }, after: { state: "failed" } },
    ]);
  });

  rule("a run whose coordinator was given up", async (scene) => {
    const [run, coordinator] = [newRun(), newJob()];
    await scene.store.startRun(run, coordinator);
    await scene.settle(await scene.claimOne(), dead());
    await scene.store.startRun(newRun(), newJob());
    expect((await recordsOf(scene)).map(({ type, resourceId }) => [type, resourceId])).toEqual([
      ["job.dead", coordinator.id],
      ["run.failed", run.id],
    ]);
  });

  rule(
    "what a transaction rolls back leaves none",
    async (scene) => {
      const { transactions } = scene.store.capabilities;
      const held = await scene.hold();
      const rolledBack = transactions?.run(async (transaction) => {
        await scene.store.settle([{ ...held, write: 1, outcome: dead(), record: "{}" }], { transaction });
        throw new RangeError("no");
      });
      await expect(rolledBack).rejects.toThrow("no");
      expect(await recordsOf(scene)).toEqual([]);
      expect(await scene.settle(held, dead())).toBe("applied");
      expect(await recordsOf(scene)).toHaveLength(1);
    },
    TRANSACTIONS,
  );
}

function systemRules(rule: Rule): void {
  rule("jobs that die leave one for each call and tenant; those that complete none", async (scene) => {
    const jobs = [newJob({ tenant: "acme" }), newJob({ tenant: "acme" }), newJob(), newJob()];
    await scene.store.enqueue(jobs);
    const held = await scene.claim();
    const settlements = held.map((job, index) => ({
      ...{ id: job.id, token: job.token, write: 1, record: "{}" },
      outcome: index === 3 ? COMPLETED : dead(),
    }));
    await scene.store.settle(settlements);
    await scene.store.settle(settlements); // sent again
    const [first, second, third] = held.map(({ id }) => id);
    const of = { ...BY_MILLRACE, type: "job.dead", action: "settle" };
    const records = await recordsOf(scene);
    expect(records).toHaveLength(2);
    expect(records.find(({ tenant }) => tenant === "acme")).toMatchObject({
      ...of,
      details: { cause: "failed", count: 2, ids: [first, second] },
    });
    expect(records.find(({ tenant }) => tenant === "")).toMatchObject({
      ...of,
      resourceId: third,
      details: { cause: "failed", count: 1, ids: [third] },
    });
  });

  rule("jobs given up as crashed", async (scene) => {
    const job = await scene.add({ maxRescues: 0, tenant: "acme" });
    await scene.claimOne();
    await scene.expire();
    await scene.claimSuspect();
    await scene.expire();
    expect(await recordsOf(scene)).toMatchObject([
      {
        ...BY_MILLRACE,
        type: "job.dead",
        action: "rescue",
        tenant: "acme",
        details: { cause: "crashed", ids: [job.id] },
      },
    ]);
  });

  rule("parents that die of their children, all the way up, after what they died of", async (scene) => {
    const top = await scene.hold();
    await scene.settle(top, under(FAIL_FAST), { spawn: [newJob()] });
    const middle = await scene.claimOne();
    await scene.settle(middle, under(FAIL_FAST), { spawn: [newJob()] });
    const leaf = await scene.claimOne();
    await scene.settle(leaf, dead());
    const of = { ...BY_MILLRACE, type: "job.dead" };
    expect(await recordsOf(scene)).toMatchObject([
      { ...of, action: "settle", details: { cause: "failed", ids: [leaf.id] } },
      { ...of, action: "wake", details: { cause: "children-failed", ids: [top.id, middle.id].sort() } },
    ]);
  });
}
