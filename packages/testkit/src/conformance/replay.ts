/** Rules of retry: finished jobs that run again, and delayed ones that run now. */
import type { ClaimedJob, JobId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  LEASE_MS,
  newJob,
  newJobs,
  newRun,
  nextId,
  retry,
  suspended,
  writeOf,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What an operator's retry does. */
export function replayRules(home: TestHome): void {
  describe("retry", () => {
    const rule = rulesOn(home);
    describe("finished jobs", () => finishedRules(rule));
    describe("live jobs", () => liveRules(rule));
    describe("tokens of earlier generations", () => tokenRules(rule));
    describe("parents and children", () => familyRules(rule));
  });
}

async function died(scene: Scene): Promise<ClaimedJob> {
  const held = await scene.hold({ envelope: "0kept" });
  await scene.save(held, { checkpoint: "0old" });
  await scene.settle(held, dead(), { record: '{"kind":"first"}' });
  return held;
}

function finishedRules(rule: Rule): void {
  rule("a dead job runs again as its next generation, its earlier records kept", async (scene) => {
    const held = await died(scene);
    const before = await scene.row(held.id);
    await scene.advance(500);
    expect(await scene.store.retry([held.id], { reason: "fixed", by: "ann" })).toEqual(["replayed"]);
    const row = await scene.row(held.id);
    expect(row).toMatchObject({
      state: "ready",
      generation: 2,
      attempts: 0,
      interruptions: 0,
      rescues: 0,
      envelope: "0kept",
      createdAtMs: before.createdAtMs,
      runAtMs: before.createdAtMs + 500,
    });
    expect(row.checkpoint).toBeUndefined();
    expect(row.fingerprint).toBeUndefined();
    expect(row.finishedAtMs).toBeUndefined();
    const line = `${row.runAtMs} {"kind":"replayed","reason":"fixed","by":"ann"}`;
    expect(row.records).toBe(`${before.records}\n${line}`);
    expect(await scene.queueCounts()).toEqual({ dead: 1, queued: 1 });
    const again = await scene.claimOne();
    expect(again).toMatchObject({ id: held.id, generation: 2, attempt: 1, envelope: "0kept" });
    expect(again.checkpoint).toBeUndefined();
    expect(await scene.settle(again, COMPLETED)).toBe("applied");
    expect(await scene.row(held.id)).toMatchObject({ state: "completed", generation: 2, attempts: 1 });
    expect(await scene.queueCounts()).toEqual({ dead: 1, completed: 1 });
    expect(await scene.ids({})).toEqual([held.id]);
  });

  rule("a job of a run goes on from its checkpoint, however it had ended", async (scene) => {
    const run = newRun();
    await scene.store.startRun(run, newJob({ queue: "runs", run: run.id }));
    for (const outcome of [COMPLETED, dead()]) {
      const held = await scene.hold({ run: run.id });
      await scene.save(held, { checkpoint: "0here" });
      await scene.settle(held, outcome);
      expect(await scene.store.retry([held.id])).toEqual(["replayed"]);
      expect((await scene.row(held.id)).checkpoint).toBe("0here");
      const again = await scene.claimOne();
      expect(again).toMatchObject({ id: held.id, generation: 2, checkpoint: "0here" });
      await scene.settle(again, COMPLETED);
    }
  });

  rule("completed and cancelled jobs run again too, as often as asked", async (scene) => {
    const done = await scene.hold();
    await scene.settle(done, COMPLETED);
    const stopped = await scene.add();
    await scene.store.cancel([stopped.id]);
    const ids = [done.id, stopped.id];
    for (const generation of [2, 3]) {
      expect(await scene.store.retry(ids)).toEqual(["replayed", "replayed"]);
      const held = await scene.claim();
      expect(held.map((job) => job.generation)).toEqual([generation, generation]);
      await scene.settleAll(held, dead());
    }
    expect(await scene.queueCounts()).toEqual({ completed: 1, cancelled: 1, dead: 4 });
  });

  rule("a job given up as crashed starts with all its rescues", async (scene) => {
    const job = await scene.add({ maxRescues: 0 });
    await scene.claimOne();
    await scene.expire();
    await scene.claimSuspect();
    await scene.expire();
    expect((await scene.row(job.id)).state).toBe("dead");
    expect(await scene.store.retry([job.id])).toEqual(["replayed"]);
    await scene.claimOne();
    await scene.expire();
    expect(await scene.row(job.id)).toMatchObject({ state: "ready", rescues: 1 });
  });

  rule("many are answered in order, an id met twice alike", async (scene) => {
    await scene.store.enqueue(newJobs(100));
    const held = await scene.claim();
    await scene.settleAll(held.slice(0, 50), dead());
    const ids = [...held.map((job) => job.id), nextId<JobId>(), held[0]?.id ?? nextId<JobId>()];
    expect(await scene.store.retry(ids)).toEqual([
      ...held.map((_, index) => (index < 50 ? "replayed" : "still-live")),
      "not-found",
      "replayed",
    ]);
    expect(await scene.queueCounts()).toEqual({ dead: 50, queued: 50, running: 50 });
    expect(await scene.store.retry([])).toEqual([]);
  });

  rule("retries of one job at the same time make one generation", async (scene) => {
    const held = await died(scene);
    const answers = await Promise.all(Array.from({ length: 5 }, () => scene.store.retry([held.id])));
    expect(answers.flat().sort()).toEqual(["replayed", ...Array(4).fill("still-live")]);
    expect(await scene.row(held.id)).toMatchObject({ state: "ready", generation: 2 });
    expect(await scene.queueCounts()).toEqual({ dead: 1, queued: 1 });
  });
}

function liveRules(rule: Rule): void {
  rule("a scheduled and a retrying job become due now", async (scene) => {
    const later = await scene.add({ delayMs: 60_000 });
    const failed = await scene.hold();
    await scene.settle(failed, retry(60_000));
    expect(await scene.store.retry([later.id, failed.id])).toEqual(["made-ready", "made-ready"]);
    expect(await scene.row(failed.id)).toMatchObject({ state: "ready", generation: 1, attempts: 1 });
    expect((await scene.claim()).map((job) => job.id).sort()).toEqual([later.id, failed.id].sort());
  });

  rule("ready, running and waiting jobs are left alone", async (scene) => {
    const ready = await scene.add({ queue: "elsewhere" });
    const running = await scene.hold();
    const waiting = await scene.hold();
    await scene.settle(waiting, suspended(), { spawn: [newJob({ queue: "elsewhere" })] });
    const ids = [ready.id, running.id, waiting.id];
    const before = await Promise.all(ids.map((id) => scene.row(id)));
    expect(await scene.store.retry(ids)).toEqual(ids.map(() => "still-live"));
    expect(await Promise.all(ids.map((id) => scene.row(id)))).toEqual(before);
  });
}

function tokenRules(rule: Rule): void {
  rule("a settlement of an earlier generation is known, and changes nothing", async (scene) => {
    const held = await died(scene);
    await scene.store.retry([held.id]);
    expect(await scene.settle(held, dead())).toBe("already-applied");
    const again = await scene.claimOne();
    expect(await scene.settle(held, COMPLETED)).toBe("already-applied");
    expect((await scene.store.save([writeOf(held, { write: 9_000 })]))[0]).toBe("already-applied");
    expect(await scene.row(held.id)).toMatchObject({ state: "running", generation: 2 });
    expect(await scene.settle(again, COMPLETED)).toBe("applied");
  });

  rule("an older token of an earlier generation is fenced", async (scene) => {
    const first = await scene.hold();
    await scene.settle(first, retry(0));
    const second = await scene.claimOne();
    await scene.settle(second, dead());
    await scene.store.retry([first.id]);
    expect(await scene.settle(first, COMPLETED)).toBe("fenced");
    const held = await scene.hold({ queue: "other" });
    await scene.store.cancel([held.id]);
    await scene.advance(LEASE_MS);
    await scene.store.rescue({ limit: 10 });
    await scene.store.retry([held.id]);
    expect(await scene.settle(held, COMPLETED)).toBe("fenced");
    expect((await scene.row(held.id)).state).toBe("ready");
  });

  rule("a replayed job is no longer cancelled", async (scene) => {
    const held = await scene.hold();
    await scene.store.cancel([held.id]);
    await scene.settle(held, COMPLETED);
    await scene.store.retry([held.id]);
    const again = await scene.claimOne();
    expect(await scene.settle(again, COMPLETED)).toBe("applied");
    expect((await scene.row(held.id)).state).toBe("completed");
  });
}

function familyRules(rule: Rule): void {
  rule("a live parent waits for a child that runs again", async (scene) => {
    const children = newJobs(2, { queue: "children" });
    const parent = await scene.hold();
    await scene.settle(parent, suspended(), { spawn: children });
    const [first, second] = await scene.claim({ queue: "children" });
    if (!first || !second) throw new Error("two were to be claimed");
    await scene.settle(first, dead());
    expect(await scene.store.retry([first.id])).toEqual(["replayed"]);
    await scene.settle(second, COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    const again = await scene.claimOne({ queue: "children" });
    await scene.settle(again, COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("a replayed parent waits for the children that are still live", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, COMPLETED, { spawn: newJobs(2, { queue: "children" }) });
    const [first, second] = await scene.claim({ queue: "children" });
    if (!first || !second) throw new Error("two were to be claimed");
    await scene.settle(first, COMPLETED);
    await scene.store.retry([parent.id]);
    const again = await scene.claimOne();
    await scene.settle(again, suspended(), { spawn: newJobs(1, { queue: "more" }) });
    await scene.settle(second, COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("waiting");
    await scene.settleAll(await scene.claim({ queue: "more" }), COMPLETED);
    expect((await scene.row(parent.id)).state).toBe("ready");
  });

  rule("a child whose parent has ended runs again all the same", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, COMPLETED, { spawn: newJobs(1, { queue: "children" }) });
    const child = await scene.claimOne({ queue: "children" });
    await scene.settle(child, dead());
    await scene.store.retry([child.id]);
    const again = await scene.claimOne({ queue: "children" });
    expect(await scene.settle(again, COMPLETED)).toBe("applied");
    expect((await scene.row(parent.id)).state).toBe("completed");
  });

  rule("the sweep after a cancelled parent leaves its next generation alone", async (scene) => {
    const parent = await scene.hold();
    await scene.store.cancel([parent.id]);
    await scene.settle(parent, COMPLETED);
    await scene.store.retry([parent.id]);
    const again = await scene.claimOne();
    await scene.settle(again, suspended(), { spawn: newJobs(2, { queue: "children" }) });
    expect(await scene.store.cascade({ limit: 10 })).toEqual({ cancelled: 0, more: false });
    expect(await scene.queueCounts("children")).toEqual({ queued: 2 });
  });
}
