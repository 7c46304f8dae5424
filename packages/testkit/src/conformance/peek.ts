/** Rules of peek: what claims would take next. */
import { PRIORITIES } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { newJob, newJobs, QUEUE, retry } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Order, what is left out, and that nothing is taken. */
export function peekRules(home: TestHome): void {
  describe("peek", () => {
    const rule = rulesOn(home);
    orderRules(rule);
    otherRules(rule);
  });
}

async function peeked({ store }: Scene, limit = 1_000): Promise<readonly string[]> {
  return (await store.peek(QUEUE, { limit })).map(({ id }) => id);
}

function orderRules(rule: Rule): void {
  rule("it gives rows in the order of claims, and takes none", async (scene) => {
    const jobs = PRIORITIES.toReversed().flatMap((priority) => newJobs(2, { priority }));
    await scene.store.enqueue(jobs);
    const failed = await scene.claimOne();
    await scene.advance(1);
    await scene.settle(failed, retry(0));
    const seen = await scene.store.peek(QUEUE, { limit: 1_000 });
    expect(seen[0]).toEqual(await scene.row(seen[0]?.id ?? failed.id));
    expect(seen.at(1)).toMatchObject({ id: failed.id, state: "ready", attempts: 1 });
    expect(await scene.queueCounts(QUEUE, "bulk")).toEqual({ queued: 2 });
    const claimed = await scene.claim();
    expect(seen.map(({ id }) => id)).toEqual(claimed.map(({ id }) => id));
    expect(await peeked(scene)).toEqual([]);
  });

  rule("no more than asked for, and of the classes asked for", async (scene) => {
    const [first, second, third] = newJobs(3);
    const urgent = newJob({ priority: "critical" });
    await scene.store.enqueue([first, second, third, urgent].filter((job) => job !== undefined));
    expect(await peeked(scene, 2)).toEqual([urgent.id, first?.id]);
    const ofDefault = await scene.store.peek(QUEUE, { limit: 2, priorities: ["default", "low"] });
    expect(ofDefault.map(({ id }) => id)).toEqual([first?.id, second?.id]);
    expect(await scene.store.peek(QUEUE, { limit: 2, priorities: [] })).toEqual([]);
    expect(await scene.store.peek("nobody's", { limit: 2 })).toEqual([]);
  });
}

function otherRules(rule: Rule): void {
  rule("suspects, jobs for later, expired ones and those behind their key are left out", async (scene) => {
    await scene.hold();
    await scene.expire();
    await scene.add({ delayMs: 1 });
    await scene.add({ ttlMs: 0 });
    const [first, second] = newJobs(2, { orderingKey: "k" });
    if (first === undefined || second === undefined) throw new Error("two were made");
    await scene.store.enqueue([first, second]);
    expect(await peeked(scene)).toEqual([first.id]);
  });

  rule("a paused queue is looked into all the same", async (scene) => {
    const job = await scene.add();
    await scene.store.configureQueue(QUEUE, { paused: true });
    expect(await peeked(scene)).toEqual([job.id]);
  });

  rule("a limit that is none is refused", async ({ store }) => {
    for (const limit of [0, -1, 0.5, 1_001]) {
      await expect(store.peek(QUEUE, { limit })).rejects.toMatchObject({ code: "bad-usage" });
    }
  });
}
