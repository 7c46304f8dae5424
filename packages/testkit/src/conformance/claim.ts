/** Rules of claim: what it hands out, in which order. */
import { type ClaimedJob, PRIORITIES } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { LEASE_MS, NAME, newJob, newJobs, nextId, QUEUE, released, retry } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Which jobs a claim takes, in which order, and what it hands out. */
export function claimRules(home: TestHome): void {
  describe("claim", () => {
    const rule = rulesOn(home);
    describe("what is handed out", () => handedRules(rule));
    describe("order", () => orderRules(rule));
  });
}

const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map((job) => job.id);

function handedRules(rule: Rule): void {
  rule("a job is handed out whole, on its first attempt", async (scene) => {
    const job = await scene.add({
      tenant: "acme",
      priority: "low",
      run: nextId(),
      envelope: '0{"payload":7}',
    });
    const [claimed] = await scene.claim();
    expect(claimed).toEqual({
      id: job.id,
      token: expect.stringMatching(/^[1-9][0-9]*$/),
      queue: QUEUE,
      name: NAME,
      tenant: "acme",
      priority: "low",
      attempt: 1,
      generation: 1,
      waitedMs: 0,
      run: job.run,
      envelope: '0{"payload":7}',
    });
    expect((await scene.row(job.id)).state).toBe("running");
  });

  rule("a claimed job is not claimed again", async (scene) => {
    await scene.add();
    expect(await scene.claim()).toHaveLength(1);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(LEASE_MS);
    expect(await scene.claim()).toEqual([]);
  });

  rule("every claimed job has a token of its own, larger than any before", async (scene) => {
    await scene.store.enqueue(newJobs(50));
    let largest = 0n;
    for (let round = 0; round < 4; round += 1) {
      const claimed = await scene.claim();
      const tokens = claimed.map((job) => BigInt(job.token));
      expect(new Set(tokens).size).toBe(50);
      expect(tokens.every((token) => token > largest)).toBe(true);
      for (const token of tokens) largest = token > largest ? token : largest;
      await scene.settleAll(claimed, round % 2 === 0 ? retry(0) : released(true));
    }
  });

  rule("the attempt's number counts failures, not releases or rescues", async (scene) => {
    await scene.settle(await scene.hold(), retry(0));
    const second = await scene.claimOne();
    expect(second.attempt).toBe(2);
    await scene.settle(second, released(true));
    expect((await scene.claimOne()).attempt).toBe(2);
    await scene.expire();
    expect((await scene.claimSuspect()).attempt).toBe(2);
  });

  rule("the next holder gets the last checkpoint", async (scene) => {
    const first = await scene.hold();
    expect(first.checkpoint).toBeUndefined();
    await scene.save(first, { checkpoint: "page 1" });
    await scene.settle(first, retry(0));
    const second = await scene.claimOne();
    expect(second.checkpoint).toBe("page 1");
    await scene.save(second, { checkpoint: "" });
    await scene.settle(second, released(true));
    expect((await scene.claimOne()).checkpoint).toBe("");
  });
}

function orderRules(rule: Rule): void {
  rule("strictly by class", async (scene) => {
    const jobs = [...PRIORITIES].reverse().map((priority) => newJob({ priority }));
    await scene.store.enqueue(jobs);
    expect((await scene.claim()).map((job) => job.priority)).toEqual([...PRIORITIES]);
  });

  rule("within a class by due time, then by id", async (scene) => {
    const [late, ...early] = [newJob({ delayMs: 20 }), ...newJobs(3, { delayMs: 10 })];
    const last = newJob({ delayMs: 20 });
    await scene.store.enqueue([late, last, ...early.toReversed()].filter((job) => job !== undefined));
    await scene.advance(1);
    const overdue = await scene.add();
    await scene.advance(100);
    expect(idsOf(await scene.claim())).toEqual(idsOf([overdue, ...early, late, last]));
  });

  rule("one at a time gives the order of all at once", async (scene) => {
    const jobs = newJobs(20).map((job, index) => ({
      ...job,
      priority: PRIORITIES[index % 5] ?? "default",
      delayMs: (index * 7) % 4,
    }));
    await scene.store.enqueue(jobs);
    await scene.advance(10);
    const order = jobs.toSorted(
      (left, right) =>
        PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority) ||
        left.delayMs - right.delayMs ||
        (left.id < right.id ? -1 : 1),
    );
    const claimed: ClaimedJob[] = [];
    while (claimed.length < 20) claimed.push(await scene.claimOne());
    expect(idsOf(claimed)).toEqual(idsOf(order));
  });

  rule("several names take turns by due time", async (scene) => {
    const jobs: { id: string }[] = [];
    for (const name of ["one", "two", "one", "three", "two"]) {
      jobs.push(await scene.add({ name }));
      await scene.advance(1);
    }
    const claimed = await scene.claim({ names: ["three", "two", "one", "one"], max: 4 });
    expect(idsOf(claimed)).toEqual(idsOf(jobs.slice(0, 4)));
  });

  rule("several names take turns by due time, whatever their ids", async (scene) => {
    const jobs = [newJob({ name: "one" }), newJob({ name: "two" }), newJob({ name: "one" })].toReversed();
    for (const job of jobs) {
      await scene.store.enqueue([job]);
      await scene.advance(1);
    }
    expect(idsOf(await scene.claim({ names: ["one", "two"] }))).toEqual(idsOf(jobs));
  });

  rule("a thousand jobs in one claim", async (scene) => {
    const jobs = newJobs(1_001);
    await scene.store.enqueue(jobs.toReversed());
    expect(idsOf(await scene.claim({ max: 1_000 }))).toEqual(idsOf(jobs.slice(0, 1_000)));
  });
}
