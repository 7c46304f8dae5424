/** Rules of reprioritise: jobs in line go on in another class, and claims and counts go by it. */
import { type Actor, type JobId, type Priority, TARGET_WAITS_MS } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { COMPLETED, newJob, newJobs, nextId, retry, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Which jobs are moved, and what goes by the new class. */
export function reprioritiseRules(home: TestHome): void {
  describe("reprioritise", () => {
    const rule = rulesOn(home);
    describe("which jobs", () => memberRules(rule));
    describe("what goes by the class", () => claimRules(rule));
    describe("counts and capacities", () => countRules(rule));
    describe("races", () => raceRules(rule));
    describe("the record of it", () => recordRules(rule));
  });
}

const idsOf = (jobs: readonly { readonly id: JobId }[]) => jobs.map(({ id }) => id);
const ANN: Actor = { kind: "user", id: "ann" };

function memberRules(rule: Rule): void {
  rule(
    "scheduled, ready, retrying and suspect jobs are moved, and nothing else of them changes",
    async (scene) => {
      const failed = await scene.hold();
      await scene.settle(failed, retry(60_000));
      const lost = await scene.hold();
      await scene.expire();
      const later = await scene.add({ delayMs: 60_000, expiresAtMs: 4_000_000_000_000 });
      const ready = await scene.add();
      const ids = idsOf([later, failed, ready, lost]);
      const before = await Promise.all(ids.map((id) => scene.row(id)));
      expect(await scene.store.reprioritise(ids, "critical")).toEqual(ids.map(() => "changed"));
      const after = await Promise.all(ids.map((id) => scene.row(id)));
      expect(after).toEqual(before.map((row) => ({ ...row, priority: "critical" })));
      expect((await scene.claimSuspect()).id).toBe(lost.id);
    },
  );

  rule(
    "what runs, waits or has finished stays as it is, and what is not there is not found",
    async (scene) => {
      const done = await scene.hold();
      await scene.settle(done, COMPLETED);
      const parent = await scene.hold();
      await scene.settle(parent, suspended(), { spawn: [newJob({ queue: "elsewhere" })] });
      const running = await scene.hold();
      const ids = [done.id, parent.id, running.id, nextId<JobId>()];
      expect(await scene.store.reprioritise(ids, "high")).toEqual([
        "not-in-line",
        "not-in-line",
        "not-in-line",
        "not-found",
      ]);
      for (const { id } of [done, parent, running]) expect((await scene.row(id)).priority).toBe("default");
      expect(await scene.queueCounts()).toEqual({ completed: 1, waiting: 1, running: 1 });
      expect(await scene.queueCounts("work", "high")).toEqual({});
    },
  );

  rule("a job of the class is unchanged; an id met twice is answered alike and moved once", async (scene) => {
    const [high, plain] = [await scene.add({ priority: "high" }), await scene.add()];
    const ids = [plain.id, high.id, plain.id];
    expect(await scene.store.reprioritise(ids, "high")).toEqual(["changed", "unchanged", "changed"]);
    expect(await scene.store.reprioritise(ids, "high")).toEqual(["unchanged", "unchanged", "unchanged"]);
    expect(await scene.queueCounts("work", "high")).toEqual({ queued: 2 });
    expect(await scene.store.reprioritise([], "low")).toEqual([]);
  });

  rule("jobs behind others of their ordering key are moved and keep their places", async (scene) => {
    const line = newJobs(3, { orderingKey: "k" });
    await scene.store.enqueue(line);
    const [first, second, third] = idsOf(line);
    const held = await scene.claimOne();
    const ids = [third, second, first].filter((id) => id !== undefined);
    expect(await scene.store.reprioritise(ids, "critical")).toEqual(["changed", "changed", "not-in-line"]);
    expect(await scene.queueCounts("work", "critical")).toEqual({ queued: 2 });
    expect(await scene.claim()).toEqual([]);
    await scene.settle(held, COMPLETED);
    const next = await scene.claimOne({ priorities: ["critical"] });
    expect(next).toMatchObject({ id: second, priority: "critical" });
    await scene.settle(next, COMPLETED);
    expect((await scene.claimOne()).id).toBe(third);
  });

  rule("a class there is none of is refused, and nothing done", async (scene) => {
    const job = await scene.add();
    await expect(scene.store.reprioritise([job.id], "urgent" as Priority)).rejects.toMatchObject({
      code: "bad-usage",
    });
    expect((await scene.row(job.id)).priority).toBe("default");
  });
}

function claimRules(rule: Rule): void {
  rule("claims go by the new class, up and down, and within it by due time", async (scene) => {
    const jobs = newJobs(4);
    await scene.store.enqueue(jobs);
    const [first, second, third, fourth] = idsOf(jobs);
    await scene.advance(1);
    const high = await scene.add({ priority: "high" });
    await scene.store.reprioritise(
      [fourth, third].filter((id) => id !== undefined),
      "high",
    );
    await scene.store.reprioritise(
      [first].filter((id) => id !== undefined),
      "bulk",
    );
    const claimed = await scene.claim();
    expect(idsOf(claimed)).toEqual([third, fourth, high.id, second, first]);
    expect(claimed.map(({ priority }) => priority)).toEqual(["high", "high", "high", "default", "bulk"]);
  });

  rule("a claim finds what came into its class with an earlier due time than it last took", async (scene) => {
    const early = newJobs(2);
    await scene.store.enqueue(early);
    await scene.advance(1_000);
    await scene.store.enqueue(newJobs(4, { priority: "high" }));
    const ofHigh = { priorities: ["high"], max: 2 } as const;
    expect(await scene.claim(ofHigh)).toHaveLength(2);
    await scene.store.reprioritise(idsOf(early), "high");
    expect(idsOf(await scene.claim(ofHigh))).toEqual(idsOf(early));
  });

  rule("claims bound to the old class pass it by", async (scene) => {
    const job = await scene.add();
    await scene.store.reprioritise([job.id], "low");
    expect(await scene.claim({ priorities: ["default"] })).toEqual([]);
    expect((await scene.claimOne({ priorities: ["low"] })).id).toBe(job.id);
  });

  rule("ageing goes by the new class's target", async (scene) => {
    const job = await scene.add();
    await scene.store.reprioritise([job.id], "bulk");
    await scene.advance(TARGET_WAITS_MS.default + 1);
    const urgent = newJobs(2, { priority: "critical" });
    await scene.store.enqueue(urgent);
    expect(idsOf(await scene.claim({ max: 1, overdue: 1 }))).toEqual([urgent[0]?.id]);
    await scene.store.reprioritise([job.id], "default");
    expect(idsOf(await scene.claim({ max: 1, overdue: 1 }))).toEqual([job.id]);
  });
}

function countRules(rule: Rule): void {
  rule("counts go over from each queue's class, and ends are counted in the new one", async (scene) => {
    const jobs = [...newJobs(2), ...newJobs(1, { priority: "low" }), ...newJobs(3, { queue: "other" })];
    await scene.store.enqueue(jobs);
    await scene.store.reprioritise(idsOf(jobs), "high");
    await scene.foldAll();
    expect(await scene.store.countersUnder("queue:")).toEqual({
      "queue:work:high": { queued: 3 },
      "queue:other:high": { queued: 3 },
    });
    await scene.settleAll(await scene.claim(), COMPLETED);
    expect(await scene.queueCounts("work", "high")).toEqual({ completed: 3 });
  });

  rule(
    "a full class takes what is in line already, and refuses what comes until it has room",
    async (scene) => {
      await scene.store.configureQueue("work", { capacities: { high: 1 } });
      const jobs = newJobs(3);
      await scene.store.enqueue(jobs);
      expect(await scene.store.reprioritise(idsOf(jobs), "high")).toEqual(jobs.map(() => "changed"));
      const [late] = await scene.store.enqueue([newJob({ priority: "high" })]);
      expect(late?.result).toBe("queue-full");
      await scene.claim();
      const [last] = await scene.store.enqueue([newJob({ priority: "high" })]);
      expect(last?.result).toBe("created");
    },
  );
}

function raceRules(rule: Rule): void {
  rule("moves and claims at once agree on each job's class, and so do the counts", async (scene) => {
    const jobs = newJobs(60);
    await scene.store.enqueue(jobs);
    const moving = idsOf(jobs).map((id) => scene.store.reprioritise([id], "high"));
    const claiming = Array.from({ length: 20 }, () => scene.claim({ max: 3 }));
    const answers = (await Promise.all(moving)).flat();
    const classes = new Map((await Promise.all(claiming)).flat().map((job) => [job.id, job.priority]));
    for (const { id, priority } of await scene.claim()) classes.set(id, priority);
    const moved = answers.filter((answer) => answer === "changed").length;
    for (const [index, { id }] of jobs.entries()) {
      expect(classes.get(id)).toBe(answers[index] === "changed" ? "high" : "default");
    }
    const of = (count: number) => (count === 0 ? {} : { running: count });
    expect(await scene.queueCounts("work", "high")).toEqual(of(moved));
    expect(await scene.queueCounts()).toEqual(of(jobs.length - moved));
  });

  rule("moves in a line and ends at the front of it, all at once, lose no job of the line", async (scene) => {
    const line = newJobs(20, { orderingKey: "k" });
    await scene.store.enqueue(line);
    const ids = idsOf(line);
    const work = ids.map((id, index) =>
      index % 2 === 0 ? scene.store.cancel([id]) : scene.store.reprioritise(ids.toReversed(), "high"),
    );
    await Promise.all(work);
    const order: JobId[] = [];
    for (const _ of ids.filter((_, index) => index % 2 === 1)) {
      const held = await scene.claimOne();
      order.push(held.id);
      expect(held.priority).toBe("high");
      await scene.settle(held, COMPLETED);
    }
    expect(order).toEqual(ids.filter((_, index) => index % 2 === 1));
    expect((await scene.queueCounts())["queued"]).toBeUndefined();
  });
}

function recordRules(rule: Rule): void {
  rule(
    "the audit keeps who moved which jobs to what, and says nothing where nothing was moved",
    async (scene) => {
      const running = await scene.hold();
      const job = await scene.add({ tenant: "acme" });
      const note = { actor: ANN, by: "bob", reason: "the customer waits" };
      await scene.store.reprioritise([running.id], "low", note);
      await scene.store.reprioritise([job.id, nextId<JobId>()], "low", note);
      await scene.store.reprioritise([job.id], "low", note);
      await scene.store.reprioritise([job.id], "high", { reason: "by the way" });
      const records = await recordsOf(scene);
      expect(records).toHaveLength(1);
      expect(records).toMatchObject([
        {
          ...{ type: "job.reprioritised", action: "reprioritise", tenant: "acme", resourceId: job.id },
          ...{ actor: { kind: "user", id: "ann" }, reason: "the customer waits" },
          details: { count: 1, ids: [job.id], priority: "low", by: "bob" },
        },
      ]);
    },
  );

  rule("it is no event of the job", async (scene) => {
    const job = await scene.add();
    await scene.store.reprioritise([job.id], "low");
    await scene.claimOne();
    const { events } = await scene.store.events({ limit: 10 });
    expect(events.map(({ kind }) => kind)).toEqual(["enqueued", "claimed"]);
  });
}
