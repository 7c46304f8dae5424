/** Rules of progress and logs: what running jobs tell of themselves, behind the fence. */
import type { LogLine, LogPart, LogRow } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, FAIL_FAST, newJob, newJobs, retry, suspended, under, writeOf } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What is kept of progress and log lines, in what order, and that a stale token writes neither. */
export function progressAndLogRules(home: TestHome): void {
  describe("progress and logs", () => {
    const rule = rulesOn(home);
    describe("progress", () => progressRules(rule));
    describe("log lines", () => lineRules(rule));
    describe("bounds", () => boundRules(rule));
    describe("the fence", () => fenceRules(rule));
    describe("cancelled, replayed and forgotten jobs", () => controlRules(rule));
  });
}

function line(text: string, given: Partial<LogLine> = {}): LogLine {
  return { level: "info", line: text, ageMs: 0, ...given };
}

function log(...texts: readonly string[]): LogPart {
  return { skipped: 0, lines: texts.map((text) => line(text)) };
}

async function allLines(scene: Scene, id: LogOwner, limit = 10_000): Promise<readonly LogRow[]> {
  const rows: LogRow[] = [];
  let after: string | undefined;
  do {
    const page = await scene.store.logs(id, { limit, after });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    rows.push(...page.rows);
    after = page.next;
  } while (after !== undefined);
  return rows;
}

type LogOwner = LogJob["id"];
type LogJob = Awaited<ReturnType<Scene["hold"]>>;

function progressRules(rule: Rule): void {
  rule("the latest is shown, and a write without any keeps it", async (scene) => {
    const held = await scene.hold();
    expect((await scene.row(held.id)).progress).toBeUndefined();
    await scene.save(held, { write: 1, progress: '{"percent":10}' });
    await scene.save(held, { write: 2, progress: '{"percent":"é\\u0000"}' });
    await scene.save(held, { write: 3, checkpoint: "here" });
    expect((await scene.row(held.id)).progress).toBe('{"percent":"é\\u0000"}');
  });

  rule("it goes with the job: through retry, into history, and with a settlement", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, retry(0), { progress: "one" });
    expect((await scene.row(held.id)).progress).toBe("one");
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect(await scene.row(held.id)).toMatchObject({ state: "completed", progress: "one" });
    const other = await scene.hold();
    await scene.settle(other, dead(), { progress: "two" });
    expect(await scene.row(other.id)).toMatchObject({ state: "dead", progress: "two" });
  });

  rule("jobs that crash, or die of their children, keep it too", async (scene) => {
    const crashing = await scene.hold({ maxRescues: 0 });
    await scene.save(crashing, { progress: "half" });
    await scene.expire();
    await scene.claimSuspect();
    await scene.expire();
    expect(await scene.row(crashing.id)).toMatchObject({ state: "dead", progress: "half" });
    const parent = await scene.hold();
    await scene.settle(parent, under(FAIL_FAST), {
      spawn: newJobs(1, { queue: "children" }),
      progress: "spawned",
    });
    await scene.settle(await scene.claimOne({ queue: "children" }), dead());
    expect(await scene.row(parent.id)).toMatchObject({ state: "dead", progress: "spawned" });
  });
}

function lineRules(rule: Rule): void {
  rule("lines are numbered in order, with their level and the time they were logged", async (scene) => {
    const held = await scene.hold();
    const { createdAtMs } = await scene.row(held.id);
    await scene.advance(1_000);
    const lines = [line("first", { ageMs: 400 }), line("second", { level: "warn" })];
    await scene.save(held, { write: 1, log: { skipped: 0, lines } });
    await scene.settle(held, COMPLETED, { log: { skipped: 0, lines: [line("bye", { level: "error" })] } });
    expect(await allLines(scene, held.id)).toEqual([
      { generation: 1, seq: 1, atMs: createdAtMs + 600, level: "info", line: "first" },
      { generation: 1, seq: 2, atMs: createdAtMs + 1_000, level: "warn", line: "second" },
      { generation: 1, seq: 3, atMs: createdAtMs + 1_000, level: "error", line: "bye" },
    ]);
  });

  rule("each job has its own, across attempts, and pages give every line once", async (scene) => {
    const [held, other] = [await scene.hold(), await scene.hold()];
    await scene.store.save([writeOf(held, { log: log("a", "b") }), writeOf(other, { log: log("x") })]);
    await scene.settle(held, retry(0), { log: log("c") });
    await scene.settle(await scene.claimOne(), suspended(), { log: log("d", "e") });
    for (const limit of [1, 2, 3, 100]) {
      expect((await allLines(scene, held.id, limit)).map((row) => row.line)).toEqual([
        "a",
        "b",
        "c",
        "d",
        "e",
      ]);
    }
    expect((await allLines(scene, other.id)).map((row) => row.line)).toEqual(["x"]);
    expect(await allLines(scene, newJob().id)).toEqual([]);
  });

  rule("any text a store can keep comes back as it is", async (scene) => {
    const held = await scene.hold();
    const texts = ["", " ", "a\nb\tc", 'it\'s \\ $1 "quoted"', "😀 é ～", "x".repeat(2_048)];
    await scene.save(held, { log: log(...texts) });
    expect((await allLines(scene, held.id)).map((row) => row.line)).toEqual(texts);
  });

  rule("a cursor nobody gave is refused", async (scene) => {
    const held = await scene.hold();
    const listing = scene.store.logs(held.id, { limit: 1, after: "yesterday" });
    await expect(listing).rejects.toMatchObject({ code: "bad-usage" });
  });
}

function boundRules(rule: Rule): void {
  rule("the last thousand lines are kept, and the numbers tell how many were dropped", async (scene) => {
    const held = await scene.hold();
    const texts = Array.from({ length: 1_000 }, (_, index) => String(index + 1));
    await scene.save(held, { write: 1, log: log("zero") });
    await scene.save(held, { write: 2, log: log(...texts.slice(0, 600)) });
    await scene.settle(held, retry(0), { log: log(...texts.slice(600)) });
    const kept = await allLines(scene, held.id, 300);
    expect(kept.map((row) => row.line)).toEqual(texts);
    expect([kept[0]?.seq, kept.at(-1)?.seq]).toEqual([2, 1_001]);
    await scene.settle(await scene.claimOne(), COMPLETED, { log: log(...texts) });
    const last = await allLines(scene, held.id);
    expect([last.length, last[0]?.seq, last[0]?.line]).toEqual([1_000, 1_002, "1"]);
  });

  rule("lines the holder dropped are counted", async (scene) => {
    const held = await scene.hold();
    await scene.save(held, { write: 1, log: log("a") });
    await scene.save(held, { write: 2, log: { skipped: 40, lines: [line("b")] } });
    expect((await allLines(scene, held.id)).map(({ seq, line: text }) => [seq, text])).toEqual([
      [1, "a"],
      [42, "b"],
    ]);
    await scene.save(held, { write: 3, log: { skipped: 998, lines: [line("c")] } });
    expect((await allLines(scene, held.id)).map(({ seq }) => seq)).toEqual([42, 1_041]);
  });

  rule(
    "too many lines, too long ones and text no store can keep are refused, and the whole call",
    async (scene) => {
      const [held, other] = [await scene.hold(), await scene.hold()];
      const bad: readonly (readonly [LogPart | string, string])[] = [
        [log(...Array<string>(1_001).fill("x")), "bad-usage"],
        [{ skipped: -1, lines: [] }, "bad-usage"],
        [log("x".repeat(2_049)), "bad-usage"],
        [log("é".repeat(1_025)), "bad-usage"],
        [log("\0"), "bad-input"],
        ["\ud800", "bad-input"],
      ];
      for (const [part, code] of bad) {
        const given = typeof part === "string" ? { progress: part } : { log: part };
        const call = scene.store.save([writeOf(other, { checkpoint: "no" }), writeOf(held, given)]);
        await expect(call).rejects.toMatchObject({ code });
      }
      expect((await scene.row(other.id)).checkpoint).toBeUndefined();
    },
  );
}

function fenceRules(rule: Rule): void {
  rule("a stale token writes neither", async (scene) => {
    const stale = await scene.hold();
    await scene.save(stale, { progress: "mine", log: log("mine") });
    await scene.expire();
    const held = await scene.claimSuspect();
    expect(await scene.save(stale, { write: 2, progress: "late", log: log("late") })).toBe("fenced");
    expect(await scene.settle(stale, COMPLETED, { progress: "late", log: log("late") })).toBe("fenced");
    expect((await scene.row(held.id)).progress).toBe("mine");
    expect((await allLines(scene, held.id)).map((row) => row.line)).toEqual(["mine"]);
  });

  rule("a re-sent write adds no line again", async (scene) => {
    const held = await scene.hold();
    const write = { write: 1, log: log("once") };
    expect(await scene.save(held, write)).toBe("applied");
    expect(await scene.save(held, write)).toBe("already-applied");
    const last = { log: log("twice") };
    expect(await scene.settle(held, COMPLETED, last)).toBe("applied");
    expect(await scene.settle(held, COMPLETED, last)).toBe("already-applied");
    expect((await allLines(scene, held.id)).map((row) => row.line)).toEqual(["once", "twice"]);
  });
}

function controlRules(rule: Rule): void {
  rule("progress is kept of jobs that end cancelled, however that comes about", async (scene) => {
    const parts = { progress: "here", log: log("one") };
    const settled = await scene.hold();
    await scene.store.cancel([settled.id]);
    expect(await scene.settle(settled, COMPLETED, parts)).toBe("applied-as-cancelled");
    const queued = await scene.hold();
    await scene.settle(queued, retry(0), parts);
    await scene.store.cancel([queued.id]);
    const vanished = await scene.hold();
    await scene.save(vanished, { write: 1, ...parts });
    await scene.store.cancel([vanished.id]);
    await scene.expire();
    for (const { id } of [settled, queued, vanished]) {
      expect(await scene.row(id)).toMatchObject({ state: "cancelled", progress: "here" });
      expect((await allLines(scene, id)).map((row) => row.line)).toEqual(["one"]);
    }
  });

  rule("a replayed job starts without progress, and its log goes on by generation", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, dead(), { progress: "half", log: log("first", "second") });
    await scene.store.retry([held.id]);
    expect((await scene.row(held.id)).progress).toBeUndefined();
    await scene.settle(await scene.claimOne(), COMPLETED, { log: log("again") });
    expect((await allLines(scene, held.id, 1)).map((row) => [row.generation, row.seq, row.line])).toEqual([
      [1, 1, "first"],
      [1, 2, "second"],
      [2, 1, "again"],
    ]);
  });

  rule("a forgotten job's log is forgotten with it, and no other", async (scene) => {
    await scene.store.enqueue(newJobs(3));
    const held = await scene.claim();
    for (const job of held) await scene.settle(job, COMPLETED, { log: log("one") });
    const [kept, deleted, cleaned] = held.map((job) => job.id);
    if (!kept || !deleted || !cleaned) throw new Error("three jobs were claimed");
    expect(await scene.store.delete([deleted])).toEqual(["deleted"]);
    await scene.store.retry([kept]);
    expect(await scene.store.cleanUp({ olderThanMs: 0, states: ["completed"], limit: 10 })).toEqual({
      removed: 1,
      more: false,
    });
    expect(await allLines(scene, deleted)).toEqual([]);
    expect(await allLines(scene, cleaned)).toEqual([]);
    expect(await allLines(scene, kept)).toHaveLength(1);
  });
}
