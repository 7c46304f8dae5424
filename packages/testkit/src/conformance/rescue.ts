/** Rules of rescue. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, LEASE_MS, newJob, newJobs, released, retry } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What becomes of jobs whose holder has vanished. */
export function rescueRules(home: TestHome): void {
  describe("rescue", () => {
    const rule = rulesOn(home);
    describe("which jobs", () => whichRules(rule));
    describe("what is left of them", () => afterRules(rule));
    describe("crashed jobs", () => crashRules(rule));
    describe("innocents", () => innocentRules(rule));
    describe("overlapping", () => overlapRules(rule));
  });
}

const NOTHING = { ready: 0, crashed: 0, more: false };

function whichRules(rule: Rule): void {
  rule("jobs under a live lease stay with their holder", async (scene) => {
    const held = await scene.hold();
    await scene.advance(LEASE_MS - 1);
    expect(await scene.store.rescue({ limit: 10 })).toEqual(NOTHING);
    expect(await scene.settle(held, COMPLETED)).toBe("applied");
  });

  rule("at its deadline a lease gives its jobs back, once", async (scene) => {
    await scene.store.enqueue(newJobs(3));
    await scene.claim();
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 3, crashed: 0, more: false });
    expect(await scene.store.rescue({ limit: 10 })).toEqual(NOTHING);
    expect(await scene.queueCounts()).toEqual({ queued: 3 });
  });

  rule("jobs settled in time are left alone, claimed again by others or not", async (scene) => {
    await scene.store.enqueue(newJobs(4));
    const [done, again, waiting, forgotten] = await scene.claim();
    if (!done || !again || !waiting || !forgotten) throw new Error("four jobs were claimed");
    await scene.settle(done, COMPLETED);
    await scene.settle(waiting, retry(LEASE_MS * 5));
    await scene.advance(LEASE_MS / 2);
    await scene.settle(again, retry(0));
    const held = await scene.claimOne();
    await scene.advance(LEASE_MS / 2);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 1, crashed: 0, more: false });
    expect((await scene.claimSuspect()).id).toBe(forgotten.id);
    expect(await scene.settle(held, COMPLETED)).toBe("applied");
    expect(await scene.row(waiting.id)).toMatchObject({ state: "retrying", rescues: 0 });
  });

  rule("a pass takes at most so many leases and says whether more are left", async (scene) => {
    await scene.store.enqueue(newJobs(10));
    for (let lease = 0; lease < 5; lease += 1) await scene.claim({ max: 2 });
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 2 })).toEqual({ ready: 4, crashed: 0, more: true });
    expect(await scene.store.rescue({ limit: 2 })).toEqual({ ready: 4, crashed: 0, more: true });
    expect(await scene.store.rescue({ limit: 2 })).toEqual({ ready: 2, crashed: 0, more: false });
  });

  rule("the lease that ran out first comes first, whenever it was claimed", async (scene) => {
    const leases = [5_000, 9_000, 1_000, 3_000];
    const order: string[] = [];
    for (const leaseMs of leases) {
      const job = await scene.add();
      await scene.claimOne({ leaseMs });
      order.push(job.id);
    }
    const [third, fourth, first, second] = order;
    await scene.advance(LEASE_MS);
    for (const id of [first, second, third, fourth]) {
      await scene.store.rescue({ limit: 1 });
      expect((await scene.claimSuspect({ leaseMs: LEASE_MS * 10 })).id).toBe(id);
    }
  });

  rule(
    "a job that no version can read goes back like the others, and stands in nobody's way",
    async (scene) => {
      const jobs = [newJob({ envelope: "?" }), newJob(), newJob({ envelope: "0{" }), newJob()];
      await scene.store.enqueue(jobs);
      for (const _ of jobs) await scene.claimOne();
      await scene.advance(LEASE_MS);
      expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 4, crashed: 0, more: false });
      const rows = await Promise.all(jobs.map(({ id }) => scene.row(id)));
      expect(rows.map(({ state, envelope }) => [state, envelope])).toEqual(
        jobs.map(({ envelope }) => ["ready", envelope]),
      );
    },
  );

  rule("leases that hold nothing any more do not stand in the way", async (scene) => {
    for (let lease = 0; lease < 5; lease += 1) await scene.settle(await scene.hold(), COMPLETED);
    await scene.hold();
    await scene.advance(LEASE_MS);
    let ready = 0;
    for (let more = true; more; ) {
      const report = await scene.store.rescue({ limit: 1 });
      ready += report.ready;
      more = report.more;
    }
    expect(ready).toBe(1);
  });
}

function afterRules(rule: Rule): void {
  rule("a rescue is counted apart and leaves due time, checkpoint and attempts", async (scene) => {
    const held = await scene.hold();
    await scene.save(held, { checkpoint: "half" });
    const before = await scene.row(held.id);
    await scene.expire();
    expect(await scene.row(held.id)).toEqual({ ...before, state: "ready", rescues: 1 });
    expect((await scene.claimSuspect()).checkpoint).toBe("half");
  });

  rule("a rescued job waits for no time: it is due as it was", async (scene) => {
    const held = await scene.hold();
    await scene.expire();
    expect((await scene.row(held.id)).state).toBe("ready");
    expect((await scene.claimSuspect()).id).toBe(held.id);
  });
}

/** Loses the job's holder once more; a solo claim must find it. */
async function loseAlone(scene: Scene): Promise<void> {
  await scene.claimSuspect();
  await scene.expire();
}

function crashRules(rule: Rule): void {
  rule("a job lost alone more often than it may is dead as crashed", async (scene) => {
    const held = await scene.hold({ maxRescues: 2 });
    await scene.save(held, { checkpoint: "half" });
    await scene.expire();
    await loseAlone(scene);
    await loseAlone(scene);
    expect(await scene.row(held.id)).toMatchObject({ state: "ready", rescues: 3 });
    await scene.claimSuspect();
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 0, crashed: 1, more: false });
    const row = await scene.row(held.id);
    expect(row).toMatchObject({
      state: "dead",
      attempts: 0,
      rescues: 4,
      fingerprint: "crashed",
      checkpoint: "half",
      records: `${row.finishedAtMs} {"kind":"crashed"}`,
    });
    expect(row.finishedAtMs).toBe(row.createdAtMs + 4 * LEASE_MS);
    expect(await scene.queueCounts()).toEqual({ dead: 1 });
    expect(await scene.claim({ solo: true })).toEqual([]);
  });

  rule("a job that may not be lost at all is dead after its first time alone", async (scene) => {
    const held = await scene.hold({ maxRescues: 0 });
    await scene.expire();
    expect((await scene.row(held.id)).state).toBe("ready");
    await loseAlone(scene);
    expect((await scene.row(held.id)).state).toBe("dead");
  });

  rule("its line follows those of earlier attempts", async (scene) => {
    const held = await scene.hold({ maxRescues: 0 });
    await scene.settle(held, retry(0), { record: '{"first":true}' });
    await scene.claimOne();
    await scene.expire();
    await loseAlone(scene);
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "dead", attempts: 1 });
    expect(row.records.split("\n").map((line) => line.slice(line.indexOf(" ") + 1))).toEqual([
      '{"first":true}',
      '{"kind":"crashed"}',
    ]);
  });

  rule("only the guilty of a pass are dead", async (scene) => {
    const guilty = await scene.hold({ maxRescues: 0 });
    await scene.expire();
    await scene.claimSuspect();
    await scene.store.enqueue(newJobs(5));
    await scene.claim();
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 5, crashed: 1, more: false });
    expect(await scene.ids({ states: ["dead"] })).toEqual([guilty.id]);
  });
}

function innocentRules(rule: Rule): void {
  rule("a crash with a thousand prefetched jobs sends none to dead", async (scene) => {
    await scene.store.enqueue(newJobs(1_000, { maxRescues: 0 }));
    await scene.claim();
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 1_000, crashed: 0, more: false });
    expect(await scene.claim()).toEqual([]);
    for (let taken = 0; taken < 10; taken += 1) {
      expect(await scene.settle(await scene.claimSuspect(), COMPLETED)).toBe("applied");
    }
    expect(await scene.queueCounts()).toEqual({ queued: 990, completed: 10 });
  });

  rule("losses in company never count, however many", async (scene) => {
    const job = await scene.add({ maxRescues: 0 });
    for (let loss = 1; loss <= 5; loss += 1) {
      await scene.claimOne();
      await scene.expire();
      expect(await scene.row(job.id)).toMatchObject({ state: "ready", rescues: loss });
      await scene.settle(await scene.claimSuspect(), released(false));
    }
  });
}

function overlapRules(rule: Rule): void {
  rule("overlapping rescues take each job back once", async (scene) => {
    await scene.store.enqueue(newJobs(60));
    for (let lease = 0; lease < 6; lease += 1) await scene.claim({ max: 10 });
    await scene.advance(LEASE_MS);
    const reports = await Promise.all(Array.from({ length: 5 }, () => scene.store.rescue({ limit: 100 })));
    expect(reports.reduce((sum, report) => sum + report.ready, 0)).toBe(60);
    const rows = (await scene.store.find({}, { limit: 100 })).rows;
    expect(rows.every((row) => row.rescues === 1)).toBe(true);
    expect(await scene.queueCounts()).toEqual({ queued: 60 });
  });
}
