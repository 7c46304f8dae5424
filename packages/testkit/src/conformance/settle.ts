/** Rules of settle: what each outcome does to a job. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  item,
  LEASE_MS,
  newJob,
  newJobs,
  newStep,
  released,
  retry,
  settlementOf,
  suspended,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** How attempts end; `settle-fence.ts` and `fork.ts` hold the rules of tokens and of children. */
export function settleRules(home: TestHome): void {
  describe("settle", () => {
    const rule = rulesOn(home);
    describe("completed and dead", () => endRules(rule));
    describe("retry", () => retryRules(rule));
    describe("released", () => releaseRules(rule));
    describe("suspended without children", () => suspendRules(rule));
    describe("what else it carries", () => carriedRules(rule));
  });
}

function endRules(rule: Rule): void {
  rule("a completed job moves to history with its record", async (scene) => {
    const held = await scene.hold({ envelope: "0kept" });
    await scene.save(held, { checkpoint: "kept too" });
    await scene.advance(250);
    expect(await scene.settle(held, COMPLETED, { record: '{"kind":"completed","result":"1"}' })).toBe(
      "applied",
    );
    const row = await scene.row(held.id);
    expect(row).toMatchObject({
      state: "completed",
      attempts: 1,
      generation: 1,
      envelope: "0kept",
      checkpoint: "kept too",
      records: `${row.finishedAtMs} {"kind":"completed","result":"1"}`,
    });
    expect(row.finishedAtMs).toBe(row.createdAtMs + 250);
    expect(row.fingerprint).toBeUndefined();
    expect(await scene.queueCounts()).toEqual({ completed: 1 });
  });

  rule("a dead job moves to history with its fingerprint", async (scene) => {
    const held = await scene.hold();
    expect(await scene.settle(held, dead("0123456789abcdef"))).toBe("applied");
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "dead", attempts: 1, fingerprint: "0123456789abcdef" });
    expect(row.records).toBe(`${row.finishedAtMs} {"kind":"test"}`);
    expect(await scene.queueCounts()).toEqual({ dead: 1 });
  });

  rule("what has ended is never claimed, rescued or woken again", async (scene) => {
    await scene.store.enqueue(newJobs(4));
    const held = await scene.claim();
    await scene.settleAll(held.slice(0, 2), COMPLETED);
    await scene.settleAll(held.slice(2), dead());
    await scene.advance(LEASE_MS * 10);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 0, crashed: 0, more: false });
    expect(await scene.claim()).toEqual([]);
    expect(await scene.claim({ solo: true })).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ completed: 2, dead: 2 });
  });

  rule("a thousand settlements of all kinds in one call are answered in order", async (scene) => {
    await scene.store.enqueue(newJobs(1_000));
    const held = (await scene.claim()).toReversed();
    const outcomes = [COMPLETED, dead(), retry(1_000), released(true), suspended()];
    const settlements = held.map((job, index) => settlementOf(job, outcomes[index % 5] ?? COMPLETED));
    expect(await scene.store.settle(settlements)).toEqual(held.map(() => "applied"));
    expect(await scene.queueCounts()).toEqual({ completed: 200, dead: 200, queued: 600 });
    expect(await scene.claim()).toHaveLength(400);
  });

  rule("nothing to settle is nothing done", async (scene) => {
    expect(await scene.store.settle([])).toEqual([]);
  });
}

function retryRules(rule: Rule): void {
  rule("a failed attempt is counted and tried again when its delay is over", async (scene) => {
    const held = await scene.hold();
    await scene.advance(100);
    expect(await scene.settle(held, retry(5_000))).toBe("applied");
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "retrying", attempts: 1, runAtMs: row.createdAtMs + 5_100 });
    await scene.advance(4_999);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(1);
    expect((await scene.row(held.id)).state).toBe("ready");
    expect((await scene.claimOne()).attempt).toBe(2);
  });

  rule("no delay makes it ready at once, behind what was due before", async (scene) => {
    const held = await scene.hold();
    const other = await scene.add();
    await scene.advance(1);
    await scene.settle(held, retry(0));
    expect((await scene.row(held.id)).state).toBe("ready");
    expect((await scene.claim()).map((job) => job.id)).toEqual([other.id, held.id]);
  });

  rule("every ended attempt leaves a line, oldest first", async (scene) => {
    await scene.add();
    const lines: string[] = [];
    for (const attempt of [1, 2, 3]) {
      await scene.advance(10);
      const held = await scene.claimOne();
      const { createdAtMs } = await scene.row(held.id);
      lines.push(`${createdAtMs + 10 * attempt} {"attempt":${attempt}}`);
      const outcome = attempt < 3 ? retry(0) : dead();
      await scene.settle(held, outcome, { record: `{"attempt":${attempt}}` });
      expect((await scene.row(held.id)).records).toBe(lines.join("\n"));
    }
  });

  rule("a record is kept as it is", async (scene) => {
    const record = '{"message":"it\'s \\u0000 \\"odd\\" 😀 \\\\ $1","__proto__":{}}';
    const held = await scene.hold();
    await scene.settle(held, retry(0), { record });
    const { createdAtMs, records } = await scene.row(held.id);
    expect(records).toBe(`${createdAtMs} ${record}`);
  });
}

function releaseRules(rule: Rule): void {
  rule("a job that never started counts nothing and leaves no line", async (scene) => {
    const held = await scene.hold();
    const before = await scene.row(held.id);
    expect(await scene.settle(held, released(false))).toBe("applied");
    expect(await scene.row(held.id)).toEqual({ ...before, state: "ready" });
  });

  rule("a job that had started counts an interruption, no attempt, no line", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, released(true));
    await scene.settle(await scene.claimOne(), released(true));
    expect(await scene.row(held.id)).toMatchObject({
      state: "ready",
      attempts: 0,
      interruptions: 2,
      records: "",
    });
  });

  rule("it keeps its place", async (scene) => {
    const held = await scene.hold();
    await scene.advance(1_000);
    await scene.add();
    await scene.advance(1_000);
    await scene.settle(held, released(true));
    expect((await scene.claimOne()).id).toBe(held.id);
  });
}

function suspendRules(rule: Rule): void {
  rule("without children it is ready at once, due now", async (scene) => {
    const held = await scene.hold();
    await scene.advance(10);
    expect(await scene.settle(held, suspended(), { checkpoint: "here" })).toBe("applied");
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "ready", attempts: 0, interruptions: 0, records: "" });
    expect(row.runAtMs).toBe(row.createdAtMs + 10);
    expect((await scene.claimOne()).checkpoint).toBe("here");
  });
}

function carriedRules(rule: Rule): void {
  rule("checkpoint, children, items and counters come with the outcome", async (scene) => {
    const held = await scene.hold();
    const step = newStep();
    const child = newJob({ name: "child" });
    const given = {
      checkpoint: "last",
      spawn: [child],
      step,
      items: [item("a"), item("b", "failed", { tally: { pages: 3 } })],
      counters: { read: 2 },
    };
    expect(await scene.settle(held, COMPLETED, given)).toBe("applied");
    expect((await scene.row(held.id)).checkpoint).toBe("last");
    expect(await scene.row(child.id)).toMatchObject({ parent: held.id, state: "ready" });
    expect((await scene.items(step)).map((row) => row.key)).toEqual(["a", "b"]);
    expect(await scene.stepCounts(step)).toEqual({ done: 1, failed: 1, pages: 3, read: 2 });
  });

  rule("a checkpoint it does not carry stays", async (scene) => {
    const held = await scene.hold();
    await scene.save(held, { checkpoint: "saved" });
    await scene.settle(held, retry(0));
    expect((await scene.row(held.id)).checkpoint).toBe("saved");
  });

  rule("misuse refuses the whole call", async (scene) => {
    const [held, other] = [await scene.hold(), await scene.hold()];
    const good = settlementOf(other, COMPLETED);
    const twice = [good, settlementOf(held, COMPLETED), settlementOf(held, dead())];
    await expect(scene.store.settle(twice)).rejects.toMatchObject({ code: "bad-usage" });
    const stepless = [good, settlementOf(held, COMPLETED, { items: [item("a")] })];
    await expect(scene.store.settle(stepless)).rejects.toMatchObject({ code: "bad-usage" });
    const unkeepable = [good, settlementOf(held, COMPLETED, { record: "{\0}" })];
    await expect(scene.store.settle(unkeepable)).rejects.toMatchObject({ code: "bad-input" });
    expect(await scene.queueCounts()).toEqual({ running: 2 });
  });
}
