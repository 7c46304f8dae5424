/** Rules of claim: what it leaves where it is, and what it takes alone. */
import { type ClaimedJob, type LeaseId, MillraceError, PRIORITIES } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, LEASE_MS, NAME, newJob, newJobs, nextId, QUEUE, released, retry } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Which jobs a claim leaves to others or to later, and those it takes one at a time. */
export function claimStayRules(home: TestHome): void {
  describe("claim, left", () => {
    const rule = rulesOn(home);
    describe("what stays", () => stayRules(rule));
    describe("suspects", () => suspectRules(rule));
    describe("overlapping", () => overlapRules(rule));
  });
}

const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map((job) => job.id);

function stayRules(rule: Rule): void {
  rule("a job that is not due stays until its very instant", async (scene) => {
    const job = await scene.add({ delayMs: 1_000, priority: "critical" });
    const due = await scene.add({ priority: "bulk" });
    expect(idsOf(await scene.claim())).toEqual([due.id]);
    await scene.advance(999);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(1);
    expect(idsOf(await scene.claim())).toEqual([job.id]);
  });

  rule("no more than the wanted number is taken", async (scene) => {
    await scene.store.enqueue(newJobs(5));
    expect(await scene.claim({ max: 2 })).toHaveLength(2);
    expect(await scene.claim({ max: 2 })).toHaveLength(2);
    expect(await scene.claim({ max: 2 })).toHaveLength(1);
  });

  rule("jobs of other names stay, however many come first", async (scene) => {
    await scene.store.enqueue(newJobs(100, { name: "unknown", priority: "critical" }));
    const job = await scene.add({ name: "task'\"," });
    expect(await scene.claim({ names: ["tas", "task", "TASK'\","] })).toEqual([]);
    expect(idsOf(await scene.claim({ names: ["other", "task'\","] }))).toEqual([job.id]);
  });

  rule("jobs of other queues stay", async (scene) => {
    const job = await scene.add({ queue: "other" });
    expect(await scene.claim()).toEqual([]);
    expect(idsOf(await scene.claim({ queue: "other" }))).toEqual([job.id]);
  });

  rule("jobs of other classes stay", async (scene) => {
    await scene.store.enqueue(PRIORITIES.map((priority) => newJob({ priority })));
    const [high] = await scene.claim({ priorities: ["bulk", "high"], max: 1 });
    expect(high?.priority).toBe("high");
    const rest = await scene.claim({ priorities: ["low", "bulk", "high", "bulk"] });
    expect(rest.map((job) => job.priority)).toEqual(["low", "bulk"]);
  });

  rule("each want takes its own number from its own queue", async (scene) => {
    await scene.store.enqueue([...newJobs(3, { queue: "a" }), ...newJobs(3, { queue: "b" })]);
    const wants = [
      { queue: "b", max: 1, names: [NAME] },
      { queue: "a", max: 2, names: [NAME] },
      { queue: "empty", max: 5, names: [NAME] },
    ];
    const lease = { worker: "worker-1", lease: nextId<LeaseId>(), leaseMs: LEASE_MS };
    const claimed = await scene.store.claim(wants, lease);
    expect(claimed.map((job) => job.queue)).toEqual(["a", "a", "b"]);
  });

  rule("what several wants take comes by due time, whichever want is first", async (scene) => {
    const later = await scene.add({ delayMs: 5 });
    const sooner = await scene.add({ queue: "second" });
    await scene.advance(5);
    const wants = [QUEUE, "second"].map((queue) => ({ queue, max: 1, names: [NAME] }));
    const claimed = await scene.store.claim(wants, {
      worker: "worker-1",
      lease: nextId(),
      leaseMs: LEASE_MS,
    });
    expect(claimed.map(({ id }) => id)).toEqual([sooner.id, later.id]);
  });

  rule("no wants, no names or no classes take nothing", async (scene) => {
    await scene.add();
    const options = { worker: "worker-1", leaseMs: LEASE_MS };
    expect(await scene.store.claim([], { ...options, lease: nextId() })).toEqual([]);
    expect(await scene.claim({ names: [] })).toEqual([]);
    expect(await scene.claim({ priorities: [] })).toEqual([]);
    expect(await scene.claim()).toHaveLength(1);
  });

  rule("no lease is made where nothing was due", async (scene) => {
    const lease = nextId<LeaseId>();
    expect(await scene.claim({ lease })).toEqual([]);
    const touched = await scene.store.extend([{ lease, dropped: false }], { worker: "worker-1", leaseMs: 1 });
    expect(touched.lost).toEqual([lease]);
  });
}

function suspectRules(rule: Rule): void {
  rule("suspects are left to solo claims", async (scene) => {
    const suspect = await scene.hold();
    await scene.expire();
    const innocent = await scene.add();
    expect(idsOf(await scene.claim())).toEqual([innocent.id]);
    expect(idsOf(await scene.claim({ solo: true }))).toEqual([suspect.id]);
  });

  rule("a solo claim takes one suspect and nothing else", async (scene) => {
    const suspects = await suspectsOf(scene, 3);
    await scene.add({ priority: "critical" });
    for (const suspect of suspects) {
      expect(idsOf(await scene.claim({ solo: true, max: 10 }))).toEqual([suspect.id]);
    }
    expect(await scene.claim({ solo: true })).toEqual([]);
  });

  rule("a solo claim over several wants takes one in all", async (scene) => {
    await suspectsOf(scene, 2);
    const want = { queue: QUEUE, max: 5, names: [NAME] };
    const options = { worker: "worker-1", leaseMs: LEASE_MS, solo: true, lease: nextId<LeaseId>() };
    expect(await scene.store.claim([{ ...want, queue: "empty" }, want], options)).toHaveLength(1);
  });

  rule("a solo claim over several queues with suspects takes one of the first", async (scene) => {
    await scene.store.enqueue([newJob({ queue: "other" }), newJob()]);
    for (const queue of [QUEUE, "other"]) await scene.claim({ queue });
    await scene.expire();
    const wants = ["other", QUEUE].map((queue) => ({ queue, max: 5, names: [NAME] }));
    const options = { worker: "worker-1", leaseMs: LEASE_MS, solo: true, lease: nextId<LeaseId>() };
    const claimed = await scene.store.claim(wants, options);
    expect(claimed.map(({ queue }) => queue)).toEqual(["other"]);
  });

  rule("a lease is used once: a claim under its id again is refused, and takes nothing", async (scene) => {
    const { id } = await scene.add();
    const lease = nextId<LeaseId>();
    await scene.claim({ lease });
    const other = await scene.add();
    await expect(scene.claim({ lease })).rejects.toBeInstanceOf(MillraceError);
    expect(await scene.row(id)).toMatchObject({ state: "running" });
    expect(await scene.row(other.id)).toMatchObject({ state: "ready" });
  });

  rule("two wants of one queue are refused", async (scene) => {
    const want = { queue: QUEUE, max: 5, names: [NAME] };
    const options = { worker: "worker-1", leaseMs: LEASE_MS, lease: nextId<LeaseId>() };
    await expect(scene.store.claim([want, want], options)).rejects.toMatchObject({ code: "bad-usage" });
  });

  rule("a solo claim keeps to queue, names, classes and due time", async (scene) => {
    await suspectsOf(scene, 1);
    expect(await scene.claim({ solo: true, queue: "other" })).toEqual([]);
    expect(await scene.claim({ solo: true, names: ["other"] })).toEqual([]);
    expect(await scene.claim({ solo: true, priorities: ["bulk"] })).toEqual([]);
    expect(await scene.claim({ solo: true, priorities: ["default"] })).toHaveLength(1);
  });

  rule("suspects come by class, then due time, then id", async (scene) => {
    const jobs = [
      newJob({ priority: "low" }),
      newJob({ delayMs: 5 }),
      newJob(),
      newJob({ priority: "high" }),
    ];
    await scene.store.enqueue(jobs);
    await scene.advance(5);
    await scene.claim();
    await scene.expire();
    const order: string[] = [];
    while (order.length < 4) order.push((await scene.claimSuspect()).id);
    expect(order).toEqual(idsOf([jobs[3], jobs[2], jobs[1], jobs[0]].filter((job) => job !== undefined)));
  });

  rule("any applied settlement clears the suspicion", async (scene) => {
    await suspectsOf(scene, 2);
    await scene.settle(await scene.claimSuspect(), released(false));
    await scene.settle(await scene.claimSuspect(), retry(0));
    expect(await scene.claim({ solo: true })).toEqual([]);
    expect(await scene.claim()).toHaveLength(2);
  });
}

/** Jobs whose holder has vanished, in claim order. */
async function suspectsOf(scene: Scene, count: number): Promise<readonly ClaimedJob[]> {
  await scene.store.enqueue(newJobs(count));
  const claimed = await scene.claim();
  await scene.expire();
  return claimed;
}

function overlapRules(rule: Rule): void {
  rule("overlapping claims never share a job, and miss none", async (scene) => {
    await scene.store.enqueue(newJobs(200));
    const claims = await Promise.all(Array.from({ length: 20 }, () => scene.claim({ max: 10 })));
    const claimed = claims.flat();
    expect(new Set(idsOf(claimed)).size).toBe(claimed.length);
    expect(new Set(claimed.map((job) => job.token)).size).toBe(claimed.length);
    const rest = await scene.claim();
    expect(claimed.length + rest.length).toBe(200);
    expect(await scene.queueCounts()).toEqual({ running: 200 });
  });

  rule("overlapping solo claims never share a suspect", async (scene) => {
    await suspectsOf(scene, 5);
    const claims = await Promise.all(Array.from({ length: 10 }, () => scene.claim({ solo: true })));
    const claimed = claims.flat();
    expect(claims.every((jobs) => jobs.length <= 1)).toBe(true);
    expect(new Set(idsOf(claimed)).size).toBe(claimed.length);
  });

  rule("claims overlapping enqueues and settlements keep every job exactly once", async (scene) => {
    const jobs = newJobs(100);
    const finished: string[] = [];
    const feed = Promise.all(jobs.map((job) => scene.store.enqueue([job])));
    const work = async () => {
      for (let round = 0; round < 10; round += 1) {
        const claimed = await scene.claim({ max: 5 });
        if (claimed.length > 0) await scene.settleAll(claimed, COMPLETED);
        finished.push(...idsOf(claimed));
      }
    };
    await Promise.all([feed, work(), work(), work(), work()]);
    const rest = await scene.claim();
    expect([...finished, ...idsOf(rest)].toSorted()).toEqual(idsOf(jobs));
  });
}
