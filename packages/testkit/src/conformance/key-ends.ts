/** Rules of unique and ordering keys of jobs that somebody cancels or has run again. */
import type { JobId, NewJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, LEASE_MS, newJob, newJobs, retry, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** A cancelled job is in nobody's way; one that lives again comes without keys. */
export function keyEndRules(home: TestHome): void {
  describe("keys of controlled jobs", () => {
    const rule = rulesOn(home);
    describe("cancelled", () => cancelRules(rule));
    describe("cancelled while running", () => flagRules(rule));
    describe("run again", () => replayRules(rule));
    describe("at the same time", () => concurrentRules(rule));
  });
}

/** Jobs of one ordering key, enqueued in this order; gives their ids. */
async function line(scene: Scene, count: number, given: Partial<NewJob> = {}): Promise<readonly JobId[]> {
  const jobs = newJobs(count, { orderingKey: "o", ...given });
  await scene.store.enqueue(jobs);
  return jobs.map(({ id }) => id);
}

/** A job with a key, and a second that would have it too: whether there was room for that. */
function keyed(): NewJob {
  return newJob({ unique: { key: "k", while: "live", onConflict: "keep" } });
}

async function isFree(scene: Scene): Promise<boolean> {
  const [answer] = await scene.store.enqueue([keyed()]);
  return answer?.result === "created";
}

function cancelRules(rule: Rule): void {
  rule("a queued job's unique key is free again", async (scene) => {
    const job = keyed();
    await scene.store.enqueue([job]);
    await scene.store.cancel([job.id]);
    expect(await isFree(scene)).toBe(true);
  });

  rule("a kept key stays kept, whatever becomes of the job", async (scene) => {
    const unique = { key: "k", while: "live", onConflict: "keep", keepForMs: 1_000 } as const;
    const job = newJob({ unique });
    await scene.store.enqueue([job]);
    await scene.store.cancel([job.id]);
    await scene.store.delete([job.id]);
    expect(await isFree(scene)).toBe(false);
    await scene.advance(1_000);
    expect(await isFree(scene)).toBe(true);
  });

  rule("the first in line lets the next go, and one behind it only leaves", async (scene) => {
    const [first, second, third] = await line(scene, 3);
    expect(await scene.store.cancel([second as JobId])).toEqual(["cancelled"]);
    expect(await scene.queueCounts()).toEqual({ queued: 2, cancelled: 1 });
    expect(await scene.store.cancel([first as JobId])).toEqual(["cancelled"]);
    expect((await scene.claim()).map(({ id }) => id)).toEqual([third]);
  });

  rule("a whole line at once, and the one that comes after goes", async (scene) => {
    const ids = await line(scene, 4);
    expect(await scene.store.cancel(ids.toReversed())).toEqual(ids.map(() => "cancelled"));
    expect(await scene.queueCounts()).toEqual({ cancelled: 4 });
    const [next] = await line(scene, 1);
    expect((await scene.claimOne()).id).toBe(next);
  });

  rule("the one in front that waits for its retry or its children lets the next go", async (scene) => {
    const [first, second, third] = await line(scene, 3);
    await scene.settle(await scene.claimOne(), retry(60_000));
    await scene.store.cancel([first as JobId]);
    const held = await scene.claimOne();
    expect(held.id).toBe(second);
    await scene.settle(held, suspended(), { spawn: [newJob({ queue: "children" })] });
    expect(await scene.claim()).toEqual([]);
    await scene.store.cancel([held.id]);
    expect((await scene.claimOne()).id).toBe(third);
  });
}

function flagRules(rule: Rule): void {
  rule("a running job keeps its keys until it is settled", async (scene) => {
    const job = { ...keyed(), orderingKey: "o" };
    await scene.store.enqueue([job]);
    const [second] = await line(scene, 1);
    const held = await scene.claimOne();
    expect(await scene.store.cancel([job.id])).toEqual(["cancelling"]);
    expect(await scene.claim()).toEqual([]);
    expect(await isFree(scene)).toBe(false);
    expect(await scene.settle(held, retry(60_000))).toBe("applied-as-cancelled");
    expect((await scene.claimOne()).id).toBe(second);
    expect(await isFree(scene)).toBe(true);
  });

  rule("or until it is taken from a holder that vanished", async (scene) => {
    const job = { ...keyed(), orderingKey: "o" };
    await scene.store.enqueue([job]);
    const [second] = await line(scene, 1);
    await scene.claimOne();
    await scene.store.cancel([job.id]);
    await scene.advance(LEASE_MS);
    await scene.store.rescue({ limit: 10 });
    expect((await scene.claimOne()).id).toBe(second);
    expect(await isFree(scene)).toBe(true);
  });
}

function replayRules(rule: Rule): void {
  rule("a job that runs again takes no key from the one that has it now", async (scene) => {
    const job = keyed();
    await scene.store.enqueue([job]);
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect(await isFree(scene)).toBe(true);
    expect(await scene.store.retry([job.id])).toEqual(["replayed"]);
    expect(await scene.claim()).toHaveLength(2);
  });

  rule("it is not replaced, nor in the way of another", async (scene) => {
    const job = keyed();
    await scene.store.enqueue([job]);
    await scene.store.cancel([job.id]);
    await scene.store.retry([job.id]);
    const by = newJob({ unique: { key: "k", while: "live", onConflict: "replace" } });
    expect(await scene.store.enqueue([by])).toEqual([{ id: by.id, result: "created" }]);
  });

  rule("it stands in no line and holds none up, and it does not expire", async (scene) => {
    const [first, second, third] = await line(scene, 3, { ttlMs: 60_000 });
    await scene.settle(await scene.claimOne(), COMPLETED);
    await scene.store.retry([first as JobId]);
    const held = await scene.claim();
    expect(held.map(({ id }) => id).toSorted()).toEqual([first, second].toSorted());
    expect(held.find(({ id }) => id === first)?.orderingKey).toBeUndefined();
    await scene.settleAll(held, retry(0));
    await scene.advance(60_000);
    await scene.store.expire({ limit: 10 });
    expect(await scene.ids({ states: ["expired"] })).toEqual([third, second]);
    expect(await scene.ids({ states: ["retrying", "ready"] })).toEqual([first]);
  });

  rule("an expired job runs again, without its expiry", async (scene) => {
    const job = await scene.add({ ttlMs: 10 });
    await scene.advance(10);
    await scene.store.expire({ limit: 10 });
    expect(await scene.store.retry([job.id])).toEqual(["replayed"]);
    const row = await scene.row(job.id);
    expect(row).toMatchObject({ state: "ready", generation: 2 });
    expect(row.expiresAtMs).toBeUndefined();
    expect((await scene.claimOne()).id).toBe(job.id);
  });

  rule("one in line that is due later becomes due, and keeps its place", async (scene) => {
    const [first] = await line(scene, 1);
    const [second] = await line(scene, 1, { delayMs: 60_000 });
    expect(await scene.store.retry([second as JobId])).toEqual(["made-ready"]);
    const held = await scene.claim();
    expect(held.map(({ id }) => id)).toEqual([first]);
    await scene.settleAll(held, COMPLETED);
    expect((await scene.claimOne()).id).toBe(second);
  });
}

function concurrentRules(rule: Rule): void {
  rule("cancels, ends and enqueues at the same time leave nobody waiting behind nobody", async (scene) => {
    const ids: JobId[] = [];
    const send = async () => {
      for (let round = 0; round < 12; round += 1) ids.push(...(await line(scene, 3)));
    };
    const cancel = async () => {
      for (let round = 0; round < 12; round += 1) {
        await scene.store.cancel(ids.filter((_, index) => index % 3 !== round % 3).slice(-8));
      }
    };
    const work = async () => {
      for (let round = 0; round < 40; round += 1) await scene.settleAll(await scene.claim(), COMPLETED);
    };
    await Promise.all([send(), cancel(), cancel(), work(), work()]);
    for (let held = await scene.claim(); held.length > 0; held = await scene.claim()) {
      expect(held).toHaveLength(1);
      await scene.settleAll(held, COMPLETED);
    }
    const { completed = 0, cancelled = 0, ...others } = await scene.queueCounts();
    expect(others).toEqual({});
    expect(completed + cancelled).toBe(36);
  });
}
