/** Rules of `explain`: why jobs in line do not run, and how every reason reads. */
import { MOST_COUNTED, sayRefusal } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, newJob, newJobs, retry, under, WAIT_ALL } from "./builders.ts";
import { codes, employ, explained, limited, said } from "./explained.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Of jobs in line, and of the words. */
export function explainRules(home: TestHome): void {
  describe("explain", () => {
    const rule = rulesOn(home);
    describe("in words", () => wordRules(rule));
    describe("jobs in line", () => standingRules(rule));
    describe("what comes first", () => aheadRules(rule));
  });
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
