/** Rules of runAt, of expiry, and of the verb that ends what expired. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, FAIL_FAST, newJob, newJobs, retry, suspended, under } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** When jobs become due and when they stop being wanted. */
export function expireRules(home: TestHome): void {
  describe("expire", () => {
    const rule = rulesOn(home);
    describe("a time to run at", () => runAtRules(rule));
    describe("which jobs", () => whichRules(rule));
    describe("passes", () => passRules(rule));
    describe("parents", () => parentRules(rule));
  });
}

const NOTHING = { expired: 0, more: false };

function runAtRules(rule: Rule): void {
  rule("a job is due at its time on the store's clock", async (scene) => {
    const now = (await scene.row((await scene.add({ queue: "probe" })).id)).createdAtMs;
    const job = await scene.add({ runAtMs: now + 5_000 });
    expect(await scene.row(job.id)).toMatchObject({ state: "scheduled", runAtMs: now + 5_000 });
    await scene.advance(5_000);
    expect((await scene.claimOne()).id).toBe(job.id);
  });

  rule("a time that is past means at once, and is no way past those who came before", async (scene) => {
    const first = await scene.add();
    const late = await scene.add({ runAtMs: 0 });
    const row = await scene.row(late.id);
    expect(row).toMatchObject({ state: "ready", runAtMs: row.createdAtMs });
    expect((await scene.claim()).map(({ id }) => id)).toEqual([first.id, late.id]);
  });
}

function whichRules(rule: Rule): void {
  rule("a job queued past its expiry is not claimed any more, and ends expired", async (scene) => {
    const job = await scene.add({ ttlMs: 1_000 });
    const row = await scene.row(job.id);
    expect(row.expiresAtMs).toBe(row.createdAtMs + 1_000);
    await scene.advance(999);
    expect(await scene.store.expire({ limit: 10 })).toEqual(NOTHING);
    await scene.advance(1);
    expect(await scene.claim()).toEqual([]);
    expect((await scene.row(job.id)).state).toBe("ready");
    expect(await scene.store.expire({ limit: 10 })).toEqual({ expired: 1, more: false });
    const ended = await scene.row(job.id);
    expect(ended).toMatchObject({ state: "expired", attempts: 0, finishedAtMs: row.createdAtMs + 1_000 });
    expect(ended.expiresAtMs).toBeUndefined();
    expect(await scene.ids({ states: ["expired"] })).toEqual([job.id]);
    expect(await scene.queueCounts()).toEqual({ expired: 1 });
  });

  rule("an expiry may be given as an instant, even one that is past", async (scene) => {
    const job = await scene.add({ expiresAtMs: 1_000 });
    expect((await scene.row(job.id)).expiresAtMs).toBe(1_000);
    expect(await scene.claim()).toEqual([]);
    expect(await scene.store.expire({ limit: 10 })).toEqual({ expired: 1, more: false });
  });

  rule("scheduled and retrying jobs expire, running and waiting ones do not", async (scene) => {
    const running = await scene.hold({ ttlMs: 1_000 });
    const waiting = await scene.hold({ ttlMs: 1_000 });
    await scene.settle(waiting, suspended(), { spawn: [newJob({ queue: "children" })] });
    const retrying = await scene.hold({ ttlMs: 1_000 });
    await scene.settle(retrying, retry(5_000));
    const scheduled = await scene.add({ ttlMs: 1_000, delayMs: 5_000 });
    await scene.advance(2_000);
    expect(await scene.store.expire({ limit: 10 })).toEqual({ expired: 2, more: false });
    expect((await scene.row(retrying.id)).state).toBe("expired");
    expect((await scene.row(scheduled.id)).state).toBe("expired");
    expect((await scene.row(waiting.id)).state).toBe("waiting");
    expect(await scene.settle(running, COMPLETED)).toBe("applied");
    expect(await scene.queueCounts()).toEqual({ waiting: 1, expired: 2, completed: 1 });
  });

  rule("a job that comes back in line past its expiry expires then", async (scene) => {
    const held = await scene.hold({ ttlMs: 1_000 });
    await scene.advance(2_000);
    await scene.settle(held, retry(0), { progress: '{"percent":50}' });
    expect(await scene.claim()).toEqual([]);
    expect(await scene.store.expire({ limit: 10 })).toEqual({ expired: 1, more: false });
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "expired", attempts: 1, progress: '{"percent":50}' });
  });

  rule("an expired job's id exists for a re-send", async (scene) => {
    const job = await scene.add({ ttlMs: 0 });
    await scene.store.expire({ limit: 10 });
    expect(await scene.store.enqueue([job], { resend: true })).toEqual([{ id: job.id, result: "exists" }]);
    expect((await scene.row(job.id)).state).toBe("expired");
  });
}

function passRules(rule: Rule): void {
  rule("a pass ends at most so many, first expired first, and says whether more are left", async (scene) => {
    const jobs = [3_000, 1_000, 2_000, 1_500, 900].map((ttlMs) => newJob({ ttlMs }));
    await scene.store.enqueue(jobs);
    await scene.advance(3_000);
    expect(await scene.store.expire({ limit: 2 })).toEqual({ expired: 2, more: true });
    expect([...(await scene.ids({ states: ["expired"] }))].sort()).toEqual([jobs[1]?.id, jobs[4]?.id]);
    expect(await scene.store.expire({ limit: 2 })).toEqual({ expired: 2, more: true });
    expect(await scene.store.expire({ limit: 2 })).toEqual({ expired: 1, more: false });
    expect(await scene.store.expire({ limit: 2 })).toEqual(NOTHING);
  });

  rule("passes at the same time end each job once", async (scene) => {
    await scene.store.enqueue(newJobs(200, { ttlMs: 0 }));
    const reports = await Promise.all(Array.from({ length: 8 }, () => scene.store.expire({ limit: 50 })));
    const ended = reports.reduce((sum, { expired }) => sum + expired, 0);
    for (let more = true; more; ) more = (await scene.store.expire({ limit: 100 })).expired > 0;
    expect(ended).toBeLessThanOrEqual(200);
    expect(await scene.queueCounts()).toEqual({ expired: 200 });
  });
}

function parentRules(rule: Rule): void {
  rule("an expired child wakes its parent, as a dead one does", async (scene) => {
    const parent = await scene.hold();
    const spawn = [newJob({ queue: "children", ttlMs: 1_000 }), newJob({ queue: "children", ttlMs: 1_000 })];
    await scene.settle(parent, suspended(), { spawn });
    await scene.settle(await scene.claimOne({ queue: "children" }), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.advance(1_000);
    expect(await scene.store.expire({ limit: 10 })).toEqual({ expired: 1, more: false });
    expect((await scene.row(parent.id)).state).toBe("ready");
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
    expect(await scene.queueCounts("children")).toEqual({ completed: 1, expired: 1 });
  });

  rule(
    "to a policy it has failed, and a parent that dies of it lets the next of its ordering key go",
    async (scene) => {
      const [first, second] = newJobs(2, { orderingKey: "o" });
      if (!first || !second) throw new Error("two jobs were made");
      await scene.store.enqueue([first, second]);
      const spawn = [newJob({ queue: "children", ttlMs: 1_000 }), newJob({ queue: "children" })];
      await scene.settle(await scene.claimOne(), under(FAIL_FAST), { spawn });
      expect(await scene.claim()).toEqual([]);
      await scene.advance(1_000);
      await scene.store.expire({ limit: 10 });
      expect(await scene.row(first.id)).toMatchObject({ state: "dead", fingerprint: "children-failed" });
      expect((await scene.claimOne()).id).toBe(second.id);
    },
  );
}
