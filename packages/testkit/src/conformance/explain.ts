/** Rules of `explain`: why jobs run or do not, in one scene for every reason. */
import {
  type Explanation,
  explain,
  type JobId,
  MOST_COUNTED,
  type NewJob,
  type Reason,
  sayRefusal,
} from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  LEASE_MS,
  newJob,
  newJobs,
  nextId,
  released,
  retry,
  snoozed,
  suspended,
  under,
  WAIT_ALL,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { newWorker } from "./workers.ts";

/** Of jobs in line, held, waiting and ended. */
export function explainRules(home: TestHome): void {
  describe("explain", () => {
    const rule = rulesOn(home);
    describe("in words", () => wordRules(rule));
    describe("jobs in line", () => standingRules(rule));
    describe("what comes first", () => aheadRules(rule));
    describe("jobs under limits", () => limitRules(rule));
    describe("jobs that are held or wait", () => heldRules(rule));
    describe("jobs that have ended", () => endedRules(rule));
  });
}

async function explained(scene: Scene, id: JobId): Promise<Explanation> {
  const [facts] = await scene.store.explain([id]);
  if (facts === undefined) throw new Error(`job ${id} is not explained`);
  return explain(facts);
}

async function codes(scene: Scene, id: JobId): Promise<readonly Reason["code"][]> {
  return (await explained(scene, id)).reasons.map(({ code }) => code);
}

async function employ(scene: Scene, given: Parameters<typeof newWorker>[0] = {}): Promise<void> {
  await scene.store.registerWorkers([newWorker(given)], { forMs: 10 * LEASE_MS });
}

/** Its lines, with every moment put as how far it is away. */
async function said(scene: Scene, id: JobId): Promise<readonly string[]> {
  const { reasons } = await explained(scene, id);
  return reasons.map(({ says }) => says.replaceAll(/\d{4}-\S+Z /g, ""));
}

/** Each of the words that a job's line may stand still for. */
function wordRules(rule: Rule): void {
  rule("paused", async (scene) => {
    await employ(scene);
    const job = await scene.add();
    await scene.store.configureQueue("work", { paused: true });
    expect(await said(scene, job.id)).toEqual(['queue "work" is paused; resume it to go on']);
  });

  rule("not before", async (scene) => {
    await employ(scene);
    const job = await scene.add({ delayMs: 300_000 });
    expect(await said(scene, job.id)).toEqual(["it is not to run before (in 5 min)"]);
  });

  rule("behind so many in its class", async (scene) => {
    await employ(scene);
    await scene.store.enqueue(newJobs(12));
    const job = await scene.add();
    expect(await said(scene, job.id)).toEqual([
      'behind 12 jobs of its class in queue "work" (it is of class default)',
    ]);
  });

  rule("waits for a child", async (scene) => {
    const parent = await scene.hold();
    const child = newJob({ queue: "children" });
    await scene.settle(parent, under(WAIT_ALL), { spawn: [child] });
    expect(await said(scene, parent.id)).toEqual([
      `it waits for 1 of 1 child (0 failed; until all have ended): ${child.id}`,
    ]);
  });

  rule("an ordering key whose turn is another job's", async (scene) => {
    await employ(scene);
    const orderingKey = "customer-7";
    const [first, second] = newJobs(2, { orderingKey });
    if (first === undefined || second === undefined) throw new Error("two were made");
    await scene.store.enqueue([first, second]);
    expect(await said(scene, second.id)).toEqual([
      `1 job of its ordering key comes first; it is the turn of job ${first.id}`,
    ]);
  });

  rule("a unique key that another job holds", async (scene) => {
    const unique = { key: "report", while: "live", onConflict: "keep" } as const;
    const holder = await scene.add({ unique });
    const [refused] = await scene.store.enqueue([newJob({ unique })]);
    expect(refused).toMatchObject({ result: "duplicate", job: holder.id });
    const words = sayRefusal({ code: "key-held", key: unique.key, job: refused?.job ?? null });
    expect(words).toBe(`job ${holder.id} holds the key "report"`);
  });

  rule("no live worker handles this name", async (scene) => {
    await employ(scene, { names: ["other"] });
    const job = await scene.add();
    expect(await said(scene, job.id)).toEqual([
      'none of 1 live worker takes jobs "task" of class default from queue "work"',
    ]);
  });

  rule("a suspect that waits to run alone", async (scene) => {
    await employ(scene);
    const job = await scene.hold();
    await scene.expire();
    expect(await said(scene, job.id)).toEqual([
      "whoever held it last vanished (rescued 1 time); it waits to run alone",
    ]);
  });

  rule("a limit until a time", async (scene) => {
    expect(await said(scene, await limited(scene))).toEqual([
      "limit model:ada until (in 30 s): 429 from the endpoint",
      "it is not to run before (in 31 s)",
    ]);
  });
}

function standingRules(rule: Rule): void {
  rule(
    "a ready job without anything before it is next, or waits for a slot, or for a worker",
    async (scene) => {
      const job = await scene.add();
      await employ(scene, { queues: ["other"] });
      expect(await explained(scene, job.id)).toMatchObject({
        state: "ready",
        since: new Date((await scene.row(job.id)).runAtMs).toISOString(),
        reasons: [{ code: "no-worker", name: "task", queue: "work", live: 1 }],
      });
      for (const none of [{ names: ["x"] }, { priorities: ["bulk"] as const }, { draining: true }]) {
        await employ(scene, none);
      }
      expect(await codes(scene, job.id)).toEqual(["no-worker"]);
      await employ(scene, { concurrency: 2, running: 2 });
      expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "workers-busy", able: 1 }]);
      await employ(scene, { concurrency: 2, running: 1 });
      expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "next", able: 2 }]);
    },
  );

  rule("paused, not before, past its expiry: all that applies is said", async (scene) => {
    await employ(scene);
    const later = await scene.add({ delayMs: 60_000, ttlMs: 90_000 });
    await scene.store.configureQueue("work", { paused: true });
    const { createdAtMs } = await scene.row(later.id);
    expect(await explained(scene, later.id)).toMatchObject({
      state: "scheduled",
      since: new Date(createdAtMs).toISOString(),
      reasons: [{ code: "paused" }, { code: "not-before", at: new Date(createdAtMs + 60_000).toISOString() }],
    });
    await scene.store.configureQueue("work", { paused: false });
    await scene.advance(90_000);
    expect(await codes(scene, later.id)).toEqual(["past-expiry"]);
  });

  rule("a failed job says when it is tried again, and why it failed", async (scene) => {
    await employ(scene);
    const job = await scene.hold();
    const error = { class: "connection", name: "Error", message: "gone\naway", fingerprint: "f" };
    const record = JSON.stringify({ worker: "w", durationMs: 1, outcome: "retry", error });
    await scene.settle(job, retry(5_000), { record });
    const [reason] = (await explained(scene, job.id)).reasons;
    expect(reason).toMatchObject({ code: "retrying", attempts: 1, error: "connection: gone away" });
    expect(reason?.says).toContain("1 attempt failed (connection: gone away); the next is at");
  });

  rule("a job whose holder vanished waits to run alone", async (scene) => {
    await employ(scene);
    const job = await scene.hold();
    await scene.expire();
    expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "suspect", rescues: 1 }]);
  });
}

function aheadRules(rule: Rule): void {
  rule("behind how many of its class and of higher ones, in claim order", async (scene) => {
    await employ(scene);
    const first = await scene.add();
    const job = await scene.add();
    await scene.add();
    await scene.add({ queue: "other" });
    await scene.add({ priority: "bulk" });
    await scene.add({ delayMs: 1_000 });
    await scene.add({ priority: "critical", delayMs: 1_000 });
    await scene.store.enqueue([
      ...newJobs(2, { priority: "high" }),
      newJob({ priority: "critical", ttlMs: 1_000 }),
    ]);
    expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "behind", ahead: 1, higher: 3 }]);
    await scene.advance(1_000);
    expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "behind", ahead: 1, higher: 3 }]);
    expect((await explained(scene, first.id)).reasons).toMatchObject([
      { code: "behind", ahead: 0, higher: 3 },
    ]);
    await scene.claim({ priorities: ["critical", "high"] });
    await scene.claimOne();
    expect(await codes(scene, job.id)).toEqual(["next"]);
  });

  rule("counts stop", async (scene) => {
    await scene.store.enqueue(newJobs(MOST_COUNTED + 1));
    await scene.store.enqueue(newJobs(MOST_COUNTED + 1, { priority: "high" }));
    const job = await scene.add();
    const { reasons } = await explained(scene, job.id);
    expect(reasons.at(-1)).toMatchObject({ code: "behind", ahead: MOST_COUNTED, higher: MOST_COUNTED });
    expect(reasons.at(-1)?.says).toContain(
      "behind 1,000+ jobs of its class and 1,000+ jobs of higher classes",
    );
  });

  rule("behind others of its ordering key, the first of which is named", async (scene) => {
    await employ(scene);
    const orderingKey = "k";
    const [first, second, third] = newJobs(3, { orderingKey });
    if (first === undefined || second === undefined || third === undefined)
      throw new Error("three were made");
    await scene.store.enqueue([first, second, third]);
    expect((await explained(scene, third.id)).reasons).toMatchObject([
      { code: "behind-key", job: first.id, ahead: 2 },
    ]);
    expect(await codes(scene, first.id)).toEqual(["next"]);
    const held = await scene.claimOne();
    expect((await explained(scene, second.id)).reasons).toMatchObject([
      { code: "behind-key", job: first.id, ahead: 1 },
    ]);
    await scene.settle(held, COMPLETED);
    expect(await codes(scene, second.id)).toEqual(["next"]);
  });
}

const KEY = "model:ada";

/** A job that was put off for 30 s, under a limit that is held so long. */
async function limited(scene: Scene, given: Partial<NewJob> = {}): Promise<JobId> {
  await employ(scene);
  const job = await scene.hold(given);
  await scene.store.hold([{ key: KEY, forMs: 30_000, reason: "429 from the endpoint" }]);
  await scene.settle(job, snoozed(31_000, { limit: KEY, reason: "asked to wait" }));
  return job.id;
}

function limitRules(rule: Rule): void {
  rule("a limit until when, and why, while it is held", async (scene) => {
    const id = await limited(scene);
    const [facts] = await scene.store.explain([id]);
    const [now, untilMs] = [facts?.nowMs ?? 0, (facts?.nowMs ?? 0) + 30_000];
    expect(facts?.putOff).toEqual({
      limit: KEY,
      reason: "asked to wait",
      hold: { untilMs, reason: "429 from the endpoint" },
    });
    const until = new Date(untilMs).toISOString();
    const { reasons } = await explained(scene, id);
    expect(reasons).toMatchObject([
      { code: "limited", key: KEY, until, reason: "429 from the endpoint" },
      { code: "not-before", at: new Date(now + 31_000).toISOString() },
    ]);
    expect(reasons[0]?.says).toBe(`limit ${KEY} until ${until} (in 30 s): 429 from the endpoint`);
  });

  rule("a limit that is longer held than the job was put off for stands before it still", async (scene) => {
    const id = await limited(scene);
    await scene.store.hold([{ key: KEY, forMs: 90_000 }]);
    await scene.advance(31_000);
    expect((await explained(scene, id)).reasons).toMatchObject([{ code: "limited", reason: null }]);
  });

  rule(
    "a limit that is let go, or over, is no reason; why the job was put off is, until it is due",
    async (scene) => {
      const id = await limited(scene);
      await scene.store.hold([{ key: KEY, forMs: 0 }]);
      const { reasons } = await explained(scene, id);
      expect(reasons).toMatchObject([{ code: "snoozed", limit: KEY, reason: "asked to wait" }]);
      await scene.advance(31_000);
      expect(await codes(scene, id)).toEqual(["next"]);
    },
  );

  rule("a snooze without a limit says why; one that says nothing is a time to come", async (scene) => {
    await employ(scene);
    const [told, silent] = [await scene.hold(), await scene.hold()];
    await scene.settle(told, snoozed(5_000, { reason: "the mailbox is locked" }));
    await scene.settle(silent, snoozed(5_000));
    expect((await explained(scene, told.id)).reasons).toMatchObject([
      { code: "snoozed", limit: null, reason: "the mailbox is locked" },
    ]);
    expect(await codes(scene, silent.id)).toEqual(["not-before"]);
  });

  rule(
    "what a job was put off for is gone when it starts again, however that attempt ends",
    async (scene) => {
      const endings = [released(true), released(false), snoozed(0), retry(0)] as const;
      for (const outcome of endings) {
        const id = await limited(scene);
        await scene.advance(31_000);
        await scene.store.hold([{ key: KEY, forMs: 30_000 }]);
        const again = await scene.claimOne();
        expect((await scene.store.explain([id]))[0]?.putOff).toBeUndefined();
        await scene.settle(again, outcome);
        expect((await scene.store.explain([id]))[0]?.putOff).toBeUndefined();
        await scene.settle(await scene.claimOne(), COMPLETED);
      }
      const id = await limited(scene);
      await scene.advance(31_000);
      await scene.claimOne();
      await scene.expire();
      expect((await scene.store.explain([id]))[0]?.putOff).toBeUndefined();
    },
  );

  rule("a job that lives again, or does another's work, was never put off", async (scene) => {
    const unique = { key: "k", while: "live", onConflict: "replace" } as const;
    const id = await limited(scene, { unique });
    await scene.store.enqueue([newJob({ unique })]);
    expect(await codes(scene, id)).toEqual(["next"]);
    const other = await limited(scene, { queue: "other" });
    await scene.store.cancel([other]);
    await scene.store.retry([other]);
    expect((await scene.store.explain([other]))[0]?.putOff).toBeUndefined();
  });

  rule("an operator may have it run at once, and what holds its limit is said still", async (scene) => {
    const id = await limited(scene);
    await scene.store.retry([id]);
    expect(await codes(scene, id)).toEqual(["limited"]);
  });

  rule("a note that no store keeps is refused", async (scene) => {
    const job = await scene.hold();
    for (const note of [{ limit: "" }, { reason: "a\0" }, { reason: "r".repeat(501) }]) {
      await expect(scene.settle(job, snoozed(0, note))).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await scene.row(job.id)).state).toBe("running");
  });
}

function heldRules(rule: Rule): void {
  rule("running since when, by whom, under a lease until when", async (scene) => {
    const job = await scene.hold();
    await scene.advance(1_000);
    const { nowMs } = (await scene.store.explain([job.id]))[0] ?? { nowMs: 0 };
    const since = new Date(nowMs - 1_000).toISOString();
    const until = new Date(nowMs - 1_000 + LEASE_MS).toISOString();
    expect(await explained(scene, job.id)).toEqual({
      id: job.id,
      state: "running",
      since,
      reasons: [
        {
          code: "running",
          worker: "worker-1",
          since,
          until,
          says: `held since ${since} (1000 ms ago) by worker worker-1 under a lease until ${until} (in 9 s)`,
        },
      ],
    });
    await scene.advance(LEASE_MS);
    expect((await explained(scene, job.id)).reasons).toMatchObject([{ code: "lease-over", at: until }]);
  });

  rule("being cancelled, with the reason given", async (scene) => {
    const job = await scene.hold();
    await scene.store.cancel([job.id], { reason: "wrong model", by: "ann" });
    const { reasons } = await explained(scene, job.id);
    expect(reasons).toMatchObject([
      { code: "cancelling", reason: "wrong model", by: "ann" },
      { code: "running", worker: "worker-1" },
    ]);
    expect(reasons[0]?.says).toBe("it was cancelled by ann (wrong model); its handler has been told to stop");
  });

  rule("waiting for which children, under which condition", async (scene) => {
    const children = newJobs(12, { queue: "children" });
    const parent = await scene.hold();
    await scene.settle(parent, under(WAIT_ALL), { spawn: children });
    const [done, failed] = await scene.claim({ queue: "children", max: 2 });
    if (done === undefined || failed === undefined) throw new Error("two were claimed");
    await scene.settle(done, COMPLETED);
    await scene.settle(failed, dead());
    const ids = children.map(({ id }) => id).filter((id) => id !== done.id && id !== failed.id);
    expect(await explained(scene, parent.id)).toMatchObject({
      state: "waiting",
      reasons: [
        {
          code: "waits-for-children",
          unfinished: 10,
          completed: 1,
          failed: 1,
          condition: WAIT_ALL,
          children: ids.sort(),
        },
      ],
    });
    const threshold = await scene.hold();
    await scene.settle(threshold, suspended(1), { spawn: newJobs(2, { queue: "children" }) });
    expect((await explained(scene, threshold.id)).reasons).toMatchObject([
      { unfinished: 2, condition: { kind: "threshold", wakeAt: 1 } },
    ]);
  });
}

function endedRules(rule: Rule): void {
  rule("completed, dead and why, cancelled and why, expired", async (scene) => {
    const [completed, failed] = [await scene.hold(), await scene.hold()];
    const error = { class: "validation", name: "Error", message: "no such page", fingerprint: "f" };
    await scene.settle(completed, COMPLETED);
    await scene.settle(failed, dead(), {
      record: JSON.stringify({ worker: "w", durationMs: 1, outcome: "dead", error }),
    });
    const cancelled = await scene.add();
    await scene.store.cancel([cancelled.id], { reason: "not needed" });
    const expired = await scene.add({ ttlMs: 1 });
    await scene.advance(1);
    await scene.store.expire({ limit: 10 });
    expect((await explained(scene, completed.id)).reasons).toMatchObject([
      { code: "completed", attempts: 1 },
    ]);
    expect((await explained(scene, failed.id)).reasons).toMatchObject([
      { code: "dead", attempts: 1, error: "validation: no such page" },
    ]);
    expect((await explained(scene, cancelled.id)).reasons).toMatchObject([
      { code: "cancelled", error: "cancelled: not needed" },
    ]);
    expect(await explained(scene, expired.id)).toMatchObject({
      state: "expired",
      since: new Date((await scene.row(expired.id)).finishedAtMs ?? 0).toISOString(),
      reasons: [{ code: "expired" }],
    });
  });

  rule(
    "a job that lives again is explained as it is now; unknown ids and repeated ones are nothing",
    async (scene) => {
      const job = await scene.hold();
      await scene.settle(job, dead());
      await scene.store.retry([job.id]);
      const facts = await scene.store.explain([nextId(), job.id, job.id]);
      expect(facts.map(({ id, state }) => ({ id, state }))).toEqual([{ id: job.id, state: "ready" }]);
      expect(await scene.store.explain([])).toEqual([]);
    },
  );
}
