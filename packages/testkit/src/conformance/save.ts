/** Rules of save. */
import type { HolderWrite, JobId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FOREIGN_TOKEN,
  item,
  LEASE_MS,
  newJob,
  newJobs,
  newStep,
  nextId,
  released,
  retry,
  suspended,
  writeOf,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import { UNKEEPABLE_TEXTS } from "./texts.ts";

/** What a holder may write while it goes on, and who is a holder. */
export function saveRules(home: TestHome): void {
  describe("save", () => {
    const rule = rulesOn(home);
    describe("what is written", () => writtenRules(rule));
    describe("write numbers", () => numberRules(rule));
    describe("the fence", () => fenceRules(rule));
    describe("misuse", () => misuseRules(rule));
  });
}

function writtenRules(rule: Rule): void {
  rule("a checkpoint replaces the one before, and a write without one keeps it", async (scene) => {
    const held = await scene.hold();
    expect(await scene.save(held, { write: 1, checkpoint: '{"page":1}' })).toBe("applied");
    expect(await scene.save(held, { write: 2, checkpoint: '{"page":2}' })).toBe("applied");
    expect(await scene.save(held, { write: 3 })).toBe("applied");
    const row = await scene.row(held.id);
    expect(row).toMatchObject({ state: "running", checkpoint: '{"page":2}', attempts: 0, records: "" });
  });

  rule("spawned children know their parent and are ready", async (scene) => {
    const held = await scene.hold();
    const child = newJob({ name: "child", tenant: "acme" });
    await scene.save(held, { spawn: [child] });
    expect(await scene.row(child.id)).toMatchObject({ parent: held.id, state: "ready", tenant: "acme" });
    expect(await scene.ids({ parent: held.id })).toEqual([child.id]);
    expect(await scene.claimOne({ names: ["child"] })).toMatchObject({ id: child.id, parent: held.id });
  });

  rule("spawned children may be delayed and live on other queues", async (scene) => {
    const held = await scene.hold();
    const child = newJob({ queue: "later", delayMs: 50 });
    await scene.save(held, { spawn: [child] });
    expect((await scene.row(child.id)).state).toBe("scheduled");
    expect(await scene.queueCounts("later")).toEqual({ queued: 1 });
  });

  rule("a thousand children and their checkpoint come with one write", async (scene) => {
    const held = await scene.hold();
    const children = newJobs(1_000, { name: "child" });
    expect(await scene.save(held, { spawn: children, checkpoint: "1000" })).toBe("applied");
    expect(await scene.ids({ parent: held.id })).toHaveLength(1_000);
    expect((await scene.row(held.id)).checkpoint).toBe("1000");
  });

  rule("many holders save in one call, answered in order", async (scene) => {
    await scene.store.enqueue(newJobs(500));
    const held = (await scene.claim()).toReversed();
    const writes = held.map((job) => writeOf(job, { checkpoint: job.id }));
    expect(await scene.store.save(writes)).toEqual(held.map(() => "applied"));
    const rows = (await scene.store.find({}, { limit: 500 })).rows;
    expect(rows.every((row) => row.checkpoint === row.id)).toBe(true);
  });

  rule("a write past the deadline is applied until the job is rescued", async (scene) => {
    const held = await scene.hold();
    await scene.advance(LEASE_MS * 2);
    expect(await scene.save(held, { write: 1, checkpoint: "late" })).toBe("applied");
    await scene.store.rescue({ limit: 10 });
    expect(await scene.save(held, { write: 2, checkpoint: "too late" })).toBe("fenced");
    expect((await scene.row(held.id)).checkpoint).toBe("late");
  });

  rule("nothing to save is nothing done", async (scene) => {
    expect(await scene.store.save([])).toEqual([]);
  });
}

function numberRules(rule: Rule): void {
  rule("a re-sent write is already applied, and changes nothing", async (scene) => {
    const held = await scene.hold();
    const step = newStep();
    const write = writeOf(held, {
      write: 1,
      checkpoint: "one",
      spawn: [newJob({ name: "child" })],
      step,
      items: [item("a")],
      counters: { read: 1 },
    });
    expect(await scene.store.save([write])).toEqual(["applied"]);
    const child = await scene.claimOne({ names: ["child"] });
    await scene.settle(child, COMPLETED);
    await scene.save(held, { write: 2, checkpoint: "two" });
    expect(await scene.store.save([write])).toEqual(["already-applied"]);
    expect((await scene.row(held.id)).checkpoint).toBe("two");
    expect((await scene.row(child.id)).state).toBe("completed");
    expect(await scene.stepCounts(step)).toEqual({ done: 1, read: 1 });
    expect(await scene.queueCounts()).toEqual({ running: 1, completed: 1 });
  });

  rule("numbers may be left out, but not gone back to", async (scene) => {
    const held = await scene.hold();
    expect(await scene.save(held, { write: 5, checkpoint: "five" })).toBe("applied");
    expect(await scene.save(held, { write: 4, checkpoint: "four" })).toBe("already-applied");
    expect(await scene.save(held, { write: 6, checkpoint: "six" })).toBe("applied");
    expect((await scene.row(held.id)).checkpoint).toBe("six");
  });

  rule("each new token counts from the start", async (scene) => {
    const first = await scene.hold();
    await scene.save(first, { write: 9, checkpoint: "first" });
    await scene.settle(first, retry(0));
    const second = await scene.claimOne();
    expect(await scene.save(second, { write: 1, checkpoint: "second" })).toBe("applied");
    await scene.expire();
    const third = await scene.claimSuspect();
    expect(await scene.save(third, { write: 1, checkpoint: "third" })).toBe("applied");
    expect((await scene.row(third.id)).checkpoint).toBe("third");
  });
}

function fenceRules(rule: Rule): void {
  rule("a stale token changes nothing", async (scene) => {
    const stale = await scene.hold();
    await scene.expire();
    const held = await scene.claimSuspect();
    const step = newStep();
    const child = newJob();
    const write = { checkpoint: "stale", spawn: [child], step, items: [item("a")], counters: { read: 1 } };
    expect(await scene.save(stale, write)).toBe("fenced");
    expect((await scene.row(held.id)).checkpoint).toBeUndefined();
    expect(await scene.ids({ ids: [child.id] })).toEqual([]);
    expect(await scene.items(step)).toEqual([]);
    expect(await scene.stepCounts(step)).toEqual({});
    expect(await scene.queueCounts()).toEqual({ running: 1 });
    expect(await scene.save(held, { checkpoint: "mine" })).toBe("applied");
  });

  rule("a rescued job's token is fenced before anyone claims it again", async (scene) => {
    const held = await scene.hold();
    await scene.save(held, { write: 1 });
    await scene.expire();
    expect(await scene.save(held, { write: 1 })).toBe("fenced");
    expect(await scene.save(held, { write: 2 })).toBe("fenced");
  });

  rule("an unknown job, a foreign token and another job's token are fenced", async (scene) => {
    const [held, other] = [await scene.hold(), await scene.hold()];
    expect(await scene.save({ id: nextId(), token: held.token })).toBe("fenced");
    expect(await scene.save({ id: held.id, token: FOREIGN_TOKEN })).toBe("fenced");
    expect(await scene.save({ id: held.id, token: other.token }, { checkpoint: "theirs" })).toBe("fenced");
    expect((await scene.row(held.id)).checkpoint).toBeUndefined();
  });

  rule("two jobs' tokens swapped in one call are both fenced", async (scene) => {
    const [left, right] = [await scene.hold(), await scene.hold()];
    const writes = [
      writeOf({ id: left.id, token: right.token }),
      writeOf({ id: right.id, token: left.token }),
    ];
    expect(await scene.store.save(writes)).toEqual(["fenced", "fenced"]);
  });

  rule("the token of the last settlement is already applied, whatever the outcome was", async (scene) => {
    for (const outcome of [COMPLETED, dead(), retry(1_000), released(true), suspended()]) {
      const held = await scene.hold({ name: `task-${outcome.kind}` });
      await scene.settle(held, outcome);
      expect(await scene.save(held, { write: 1, checkpoint: "late" })).toBe("already-applied");
      expect((await scene.row(held.id)).checkpoint).toBeUndefined();
    }
  });

  rule("each write of a call is answered for itself, in order", async (scene) => {
    const [fresh, repeated, stale, settled] = [
      await scene.hold(),
      await scene.hold(),
      await scene.hold({ name: "stale" }),
      await scene.hold(),
    ];
    await scene.save(repeated, { write: 3 });
    await scene.settle(settled, COMPLETED);
    await scene.settle(stale, retry(0));
    await scene.settle(await scene.claimOne({ names: ["stale"] }), retry(0));
    const writes: HolderWrite[] = [settled, fresh, stale, repeated].map((job) => writeOf(job, { write: 3 }));
    writes.push(writeOf({ id: nextId<JobId>(), token: FOREIGN_TOKEN }));
    expect(await scene.store.save(writes)).toEqual([
      "already-applied",
      "applied",
      "fenced",
      "already-applied",
      "fenced",
    ]);
  });
}

function misuseRules(rule: Rule): void {
  rule("two writes for one job in a call are refused, and the whole call", async (scene) => {
    const [held, other] = [await scene.hold(), await scene.hold()];
    const writes = [writeOf(other, { checkpoint: "x" }), writeOf(held), writeOf(held, { write: 2 })];
    await expect(scene.store.save(writes)).rejects.toMatchObject({ code: "bad-usage" });
    expect((await scene.row(other.id)).checkpoint).toBeUndefined();
    expect(await scene.save(held, { write: 1 })).toBe("applied");
  });

  rule("items or counters without a step are refused", async (scene) => {
    const held = await scene.hold();
    for (const given of [{ items: [item("a")] }, { counters: { read: 1 } }]) {
      await expect(scene.store.save([writeOf(held, given)])).rejects.toMatchObject({ code: "bad-usage" });
    }
    expect(await scene.save(held, { write: 1 })).toBe("applied");
  });

  rule("text that not every store can keep is refused, and nothing of the call applied", async (scene) => {
    const held = await scene.hold();
    const step = newStep();
    for (const text of UNKEEPABLE_TEXTS) {
      for (const given of [
        { checkpoint: text },
        { spawn: [newJob(), newJob({ queue: text })] },
        { step, items: [item("good"), item(text)] },
        { step, items: [item("good", "failed", { message: text })] },
        { step, items: [item("good", "done", { tally: { [text]: 1 } })] },
        { step: newStep(text), items: [item("good")] },
        { step, counters: { [text]: 1 } },
      ]) {
        await expect(scene.store.save([writeOf(held, given)])).rejects.toMatchObject({ code: "bad-input" });
      }
    }
    expect(await scene.items(step)).toEqual([]);
    expect(await scene.ids({ parent: held.id })).toEqual([]);
    expect(await scene.save(held, { write: 1 })).toBe("applied");
  });

  rule(
    "numbers that not every store adds up exactly are refused, and nothing of the call applied",
    async (scene) => {
      const held = await scene.hold();
      const step = newStep();
      for (const count of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
        for (const given of [
          { step, counters: { read: count } },
          { step, items: [item("good"), item("odd", "done", { tally: { pages: count } })] },
          { spawn: [newJob(), newJob({ delayMs: count })] },
        ]) {
          await expect(scene.store.save([writeOf(held, given)])).rejects.toMatchObject({ code: "bad-input" });
        }
      }
      expect(await scene.items(step)).toEqual([]);
      expect(await scene.stepCounts(step)).toEqual({});
      expect(await scene.ids({ parent: held.id })).toEqual([]);
      expect(await scene.save(held, { write: 1 })).toBe("applied");
    },
  );
}
