/** Rules of fold and counters. */
import { PRIORITIES } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  DAY_MS,
  dead,
  item,
  newJob,
  newJobs,
  newStep,
  nextId,
  QUEUE,
  released,
  retry,
  suspended,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Counters are the same before, while and after the journal is folded. */
export function foldRules(home: TestHome): void {
  describe("fold and counters", () => {
    const rule = rulesOn(home);
    describe("queue counters", () => queueRules(rule));
    describe("folding", () => foldingRules(rule));
  });
}

function queueRules(rule: Rule): void {
  rule("follow a job through all its states", async (scene) => {
    const expectCounts = async (counts: object) => expect(await scene.queueCounts()).toEqual(counts);
    await expectCounts({});
    await scene.add({ delayMs: 10 });
    await expectCounts({ queued: 1 });
    await scene.advance(10);
    await expectCounts({ queued: 1 });
    const first = await scene.claimOne();
    await expectCounts({ running: 1 });
    await scene.settle(first, retry(10));
    await expectCounts({ queued: 1 });
    await scene.advance(10);
    await scene.settle(await scene.claimOne(), released(true));
    await expectCounts({ queued: 1 });
    await scene.claimOne();
    await scene.expire();
    await expectCounts({ queued: 1 });
    await scene.settle(await scene.claimSuspect(), suspended(), { spawn: [newJob({ queue: "children" })] });
    await expectCounts({ waiting: 1 });
    await scene.settle(await scene.claimOne({ queue: "children" }), COMPLETED);
    await expectCounts({ queued: 1 });
    await scene.settle(await scene.claimOne(), COMPLETED);
    await expectCounts({ completed: 1 });
  });

  rule("dead jobs are counted apart from completed ones, crashed ones among them", async (scene) => {
    await scene.settle(await scene.hold(), dead());
    await scene.settle(await scene.hold(), COMPLETED);
    await scene.hold({ maxRescues: 0 });
    await scene.expire();
    await scene.claimSuspect();
    await scene.expire();
    expect(await scene.queueCounts()).toEqual({ completed: 1, dead: 2 });
  });

  rule("every class of every queue has its own", async (scene) => {
    const scopes: string[] = [];
    for (const queue of ["a", "b", "a:b"]) {
      for (const [index, priority] of PRIORITIES.entries()) {
        await scene.store.enqueue(newJobs(index + queue.length, { queue, priority }));
        scopes.push(`queue:${queue}:${priority}`);
      }
    }
    const counters = await scene.store.counters(scopes);
    expect(Object.keys(counters).toSorted()).toEqual(scopes.toSorted());
    expect(counters["queue:a:b:low"]).toEqual({ queued: 6 });
    expect(counters["queue:a:low"]).toEqual({ queued: 4 });
  });

  rule("unknown scopes and zeros are left out", async (scene) => {
    await scene.settle(await scene.hold({ queue: "once" }), COMPLETED);
    const step = newStep();
    const held = await scene.hold();
    await scene.save(held, { write: 1, step, counters: { read: 2, gone: 1, never: 0 } });
    await scene.foldAll();
    await scene.save(held, { write: 2, step, counters: { read: -2, gone: -1, kept: 1 } });
    const other = newStep();
    await scene.save(held, { write: 3, step: other, counters: { read: 1 } });
    await scene.save(held, { write: 4, step: other, counters: { read: -1 } });
    const scope = `step:${step.run}:${step.step}`;
    const asked = ["queue:once:default", "queue:once:low", "nothing", "", scope, `step:${other.run}:load`];
    const expected = { "queue:once:default": { completed: 1 }, [scope]: { kept: 1 } };
    expect(await scene.store.counters(asked)).toEqual(expected);
    await scene.foldAll();
    expect(await scene.store.counters(asked)).toEqual(expected);
    expect(await scene.store.counters([])).toEqual({});
  });
}

function foldingRules(rule: Rule): void {
  rule("nothing to fold is nothing done", async (scene) => {
    expect(await scene.store.fold({ limit: 100 })).toEqual({ folded: 0 });
  });

  rule("a pass folds at most its limit, and passes end", async (scene) => {
    for (let job = 0; job < 10; job += 1) await scene.add();
    const passes: number[] = [];
    for (let folded = -1; folded !== 0; ) {
      folded = (await scene.store.fold({ limit: 3 })).folded;
      passes.push(folded);
      expect(await scene.queueCounts()).toEqual({ queued: 10 });
    }
    expect(Math.max(...passes)).toBe(3);
    expect(passes.reduce((sum, folded) => sum + folded)).toBe(10);
  });

  rule("counters are the same whenever and however often it runs", async (scene) => {
    const step = newStep();
    await busyness(scene, step);
    const scopes = [`queue:${QUEUE}:default`, "queue:children:default", `step:${step.run}:${step.step}`];
    const before = await scene.store.counters(scopes);
    expect(before).toEqual({
      [`queue:${QUEUE}:default`]: { queued: 2, running: 1, waiting: 1, completed: 1, dead: 1 },
      "queue:children:default": { queued: 1 },
      [`step:${step.run}:${step.step}`]: { done: 1, failed: 1, pages: 7, read: 3 },
    });
    for (const limit of [1, 2, 1, 1_000, 1]) {
      await scene.store.fold({ limit });
      expect(await scene.store.counters(scopes)).toEqual(before);
    }
    await scene.foldAll();
    expect(await scene.store.counters(scopes)).toEqual(before);
  });

  rule("counters outlive the rows they came from", async (scene) => {
    const step = newStep();
    await busyness(scene, step);
    await scene.foldAll();
    const before = await scene.queueCounts();
    await scene.advance(DAY_MS + 1);
    await scene.foldAll();
    expect(await scene.queueCounts()).toEqual(before);
    await scene.add();
    expect(await scene.store.fold({ limit: 10 })).toEqual({ folded: 1 });
    await scene.advance(DAY_MS + 1);
    expect(await scene.store.fold({ limit: 10 })).toEqual({ folded: 0 });
    expect(await scene.queueCounts()).toEqual({ ...before, queued: 3 });
    expect(await scene.stepCounts(step)).toEqual({ done: 1, failed: 1, pages: 7, read: 3 });
  });

  rule("rows no fold has seen count, however old", async (scene) => {
    for (let job = 0; job < 3; job += 1) await scene.add();
    await scene.advance(DAY_MS * 3);
    for (const folded of [1, 1, 1, 0]) {
      expect(await scene.store.fold({ limit: 1 })).toEqual({ folded });
      expect(await scene.queueCounts()).toEqual({ queued: 3 });
    }
  });

  rule("overlapping folds and writes count everything once", async (scene) => {
    const writes = Array.from({ length: 40 }, () => scene.add());
    const folds = Array.from({ length: 10 }, () => scene.store.fold({ limit: 5 }));
    await Promise.all([...writes, ...folds]);
    expect(await scene.queueCounts()).toEqual({ queued: 40 });
    await scene.foldAll(7);
    expect(await scene.queueCounts()).toEqual({ queued: 40 });
  });

  rule("refused, fenced and repeated calls leave nothing to fold", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, COMPLETED);
    await scene.foldAll();
    await scene.settle(held, COMPLETED);
    await scene.settle({ id: nextId(), token: held.token }, COMPLETED);
    await scene.store.enqueue([newJob({ id: held.id })], { resend: true });
    await expect(scene.store.enqueue([newJob({ name: "\0" })])).rejects.toThrow();
    await scene.claim();
    await scene.foldAll();
    expect(await scene.queueCounts()).toEqual({ completed: 1 });
  });
}

/** Jobs in many states, and a step with items. */
async function busyness(scene: Scene, step: ReturnType<typeof newStep>): Promise<void> {
  await scene.store.enqueue(newJobs(6));
  const [completed, died, waiting, retrying, running] = await scene.claim({ max: 5 });
  if (!completed || !died || !waiting || !retrying || !running) throw new Error("five jobs were claimed");
  const items = [item("a", "done", { tally: { pages: 7 } }), item("b", "failed")];
  await scene.save(running, { step, items, counters: { read: 3 } });
  await scene.settle(completed, COMPLETED);
  await scene.settle(died, dead());
  await scene.settle(waiting, suspended(), { spawn: [newJob({ queue: "children" })] });
  await scene.settle(retrying, retry(10));
}
