/** Rules of what is set for queues: pausing, and how many jobs may stand in line. */
import { PRIORITIES } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, newJob, newJobs, retry, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** What queues are told, and what that does to claims and enqueues. */
export function queueSettingRules(home: TestHome): void {
  describe("queue settings", () => {
    const rule = rulesOn(home);
    describe("listing", () => listRules(rule));
    describe("whose word", () => sourceRules(rule));
    describe("paused", () => pauseRules(rule));
    describe("capacity", () => capacityRules(rule));
    describe("capacity of classes", () => classRules(rule));
  });
}

function listRules(rule: Rule): void {
  rule("what was set is listed by queue, and what was lifted is not", async (scene) => {
    const { store } = scene;
    expect(await store.queueSettings()).toEqual([]);
    await store.configureQueue("mail", { paused: true });
    await store.configureQueue("Mail", { capacity: 0, capacities: { high: 5, bulk: 7 } });
    await store.configureQueue("é:1", { capacities: { low: 1 } });
    expect(await store.queueSettings()).toEqual([
      { queue: "Mail", paused: false, capacity: 0, capacities: { high: 5, bulk: 7 } },
      { queue: "mail", paused: true, capacities: {} },
      { queue: "é:1", paused: false, capacities: { low: 1 } },
    ]);
    await store.configureQueue("mail", { paused: false });
    await store.configureQueue("Mail", { capacity: null, capacities: { high: null, low: 2 } });
    await store.configureQueue("é:1", {});
    expect(await store.queueSettings()).toEqual([
      { queue: "Mail", paused: false, capacities: { low: 2, bulk: 7 } },
      { queue: "é:1", paused: false, capacities: { low: 1 } },
    ]);
  });

  rule("a capacity that is no whole number is refused", async (scene) => {
    for (const capacity of [-1, 1.5, Number.NaN, 2 ** 31]) {
      const refused = { code: "bad-usage" };
      await expect(scene.store.configureQueue("q", { capacity })).rejects.toMatchObject(refused);
      await expect(scene.store.configureQueue("q", { capacities: { low: capacity } })).rejects.toMatchObject(
        refused,
      );
    }
    expect(await scene.store.queueSettings()).toEqual([]);
  });
}

function sourceRules(rule: Rule): void {
  rule(
    "an operator's capacities stand against a configuration's, all of them, and a pause does not care",
    async ({ store }) => {
      const configured = { capacity: 10, capacities: { bulk: 1 }, source: "configuration" } as const;
      await store.configureQueue("q", configured);
      expect(await store.queueSettings()).toEqual([{ queue: "q", paused: false, ...configured }]);
      await store.configureQueue("q", { capacity: 99, source: "operator" });
      const kept = { queue: "q", capacity: 99, capacities: { bulk: 1 }, source: "operator" };
      await store.configureQueue("q", { ...configured, capacities: { bulk: 5, low: 2 }, paused: true });
      expect(await store.queueSettings()).toEqual([{ ...kept, paused: true }]);
      await store.configureQueue("q", { paused: false });
      expect(await store.queueSettings()).toEqual([{ ...kept, paused: false }]);
    },
  );

  rule("no limit is a word too, until it is taken back", async ({ store }) => {
    await store.configureQueue("q", { capacity: null, source: "operator" });
    const free = { queue: "q", paused: false, capacities: {} };
    expect(await store.queueSettings()).toEqual([{ ...free, source: "operator" }]);
    await store.configureQueue("q", { capacity: 5, source: "configuration" });
    expect(await store.queueSettings()).toEqual([{ ...free, source: "operator" }]);
    await store.configureQueue("q", { source: null });
    expect(await store.queueSettings()).toEqual([]);
    await store.configureQueue("q", { capacity: 5, source: "configuration" });
    expect(await store.queueSettings()).toEqual([{ ...free, capacity: 5, source: "configuration" }]);
    await store.configureQueue("q", { capacity: 6 });
    expect(await store.queueSettings()).toMatchObject([{ capacity: 6, source: "configuration" }]);
  });
}

function pauseRules(rule: Rule): void {
  rule(
    "claims take nothing from a paused queue, suspects neither, and all of it once it goes on",
    async (scene) => {
      await scene.hold();
      await scene.expire();
      const job = await scene.add();
      const other = await scene.add({ queue: "other" });
      await scene.store.configureQueue("work", { paused: true });
      expect(await scene.claim()).toEqual([]);
      expect(await scene.claim({ solo: true })).toEqual([]);
      expect((await scene.claimOne({ queue: "other" })).id).toBe(other.id);
      expect((await scene.row(job.id)).state).toBe("ready");
      await scene.store.configureQueue("work", { paused: false });
      expect((await scene.claimOne()).id).toBe(job.id);
      expect(await scene.claim({ solo: true })).toHaveLength(1);
    },
  );

  rule("running jobs go on, and what they do comes back in line", async (scene) => {
    const [first, second] = [await scene.hold(), await scene.hold()];
    await scene.store.configureQueue("work", { paused: true });
    expect(await scene.settle(first, COMPLETED)).toBe("applied");
    expect(await scene.settle(second, retry(0))).toBe("applied");
    await scene.add();
    expect(await scene.queueCounts()).toEqual({ queued: 2, completed: 1 });
    expect(await scene.claim()).toEqual([]);
  });
}

function capacityRules(rule: Rule): void {
  rule("what does not fit is refused job by job, in the order of the call, and counted", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 3 });
    await scene.add();
    const jobs = [...newJobs(3), newJob({ queue: "other" }), newJob({ priority: "high" })].reverse();
    const results = (await scene.store.enqueue(jobs)).map(({ result }) => result);
    expect(results).toEqual(["created", "created", "created", "queue-full", "queue-full"]);
    expect(await scene.queueCounts()).toEqual({ queued: 2, refused: 2 });
    expect(await scene.queueCounts("work", "high")).toEqual({ queued: 1 });
    await scene.foldAll();
    expect(await scene.store.enqueue(newJobs(1))).toMatchObject([{ result: "queue-full" }]);
    expect(await scene.queueCounts()).toEqual({ queued: 2, refused: 3 });
  });

  rule("scheduled and retrying jobs take room; running, waiting and ended ones do not", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 2 });
    const [first, second] = [await scene.hold(), await scene.hold()];
    await scene.settle(second, suspended(), { spawn: [newJob({ queue: "children" })] });
    await scene.add({ delayMs: 60_000 });
    await scene.settle(first, retry(60_000));
    expect(await scene.store.enqueue(newJobs(1))).toMatchObject([{ result: "queue-full" }]);
    await scene.advance(60_000);
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect(await scene.store.enqueue(newJobs(2))).toMatchObject([
      { result: "created" },
      { result: "queue-full" },
    ]);
  });

  rule("jobs that need no room are answered as ever: known ids and taken keys", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 1 });
    const unique = { key: "k", while: "live", onConflict: "keep" } as const;
    const job = await scene.add({ unique });
    const [again, duplicate] = [job, newJob({ unique })];
    expect(await scene.store.enqueue([again, duplicate])).toEqual([
      { id: job.id, result: "exists" },
      { id: duplicate.id, result: "duplicate", job: job.id },
    ]);
    const replacing = newJob({ unique: { ...unique, onConflict: "replace" }, envelope: "0new" });
    expect(await scene.store.enqueue([replacing])).toMatchObject([{ result: "replaced" }]);
    expect(await scene.store.enqueue([again], { resend: true })).toMatchObject([{ result: "exists" }]);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("children are never refused", async (scene) => {
    await scene.store.configureQueue("children", { capacity: 0 });
    const parent = await scene.hold();
    await scene.settle(parent, suspended(), { spawn: newJobs(3, { queue: "children" }) });
    expect(await scene.queueCounts("children")).toEqual({ queued: 3 });
    expect(await scene.claim({ queue: "children" })).toHaveLength(3);
  });

  rule("of many calls at the same time no job too many gets in, and none too few", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 25 });
    const calls = Array.from({ length: 12 }, () => scene.store.enqueue(newJobs(5)));
    const results = (await Promise.all(calls)).flat().map(({ result }) => result);
    expect(results.filter((result) => result === "created")).toHaveLength(25);
    expect(await scene.queueCounts()).toEqual({ queued: 25, refused: 35 });
  });

  rule("lifted, it refuses nothing more", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 0, capacities: { default: 0 } });
    expect(await scene.store.enqueue(newJobs(1))).toMatchObject([{ result: "queue-full" }]);
    await scene.store.configureQueue("work", { capacity: null, capacities: { default: null } });
    expect(await scene.store.enqueue(newJobs(1))).toMatchObject([{ result: "created" }]);
  });
}

function classRules(rule: Rule): void {
  rule("a class has a limit of its own beside the queue's", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 4, capacities: { bulk: 1 } });
    const jobs = [...newJobs(2, { priority: "bulk" }), ...newJobs(4, { priority: "high" })];
    const results = (await scene.store.enqueue(jobs)).map(({ result }) => result);
    expect(results).toEqual(["created", "queue-full", "created", "created", "created", "queue-full"]);
    expect(await scene.queueCounts("work", "bulk")).toEqual({ queued: 1, refused: 1 });
    expect(await scene.queueCounts("work", "high")).toEqual({ queued: 3, refused: 1 });
  });

  rule("every class can have one", async (scene) => {
    const capacities = Object.fromEntries(PRIORITIES.map((priority, index) => [priority, index]));
    await scene.store.configureQueue("work", { capacities });
    for (const [index, priority] of PRIORITIES.entries()) {
      await scene.store.enqueue(newJobs(5, { priority }));
      expect((await scene.queueCounts("work", priority))["queued"] ?? 0).toBe(index);
    }
  });
}
