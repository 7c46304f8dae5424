/** Rules of the registry: who is at work, for as long as their word holds. */
import { PRIORITIES, type WorkerId, type WorkerWord } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { NAME, nextId, QUEUE } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";

const HOLDS_MS = 15_000;

/** A worker that takes plain jobs, but for what is given. */
export function newWorker(given: Partial<WorkerWord> = {}): WorkerWord {
  return {
    id: nextId<WorkerId>(),
    name: "worker-1",
    host: "mill-1",
    pid: 17,
    version: "0.1.0",
    upMs: 0,
    queues: [QUEUE],
    names: [NAME],
    priorities: PRIORITIES,
    concurrency: 5,
    running: 0,
    draining: false,
    ...given,
  };
}

/** Entering, staying silent, leaving. */
export function workerRules(home: TestHome): void {
  describe("workers", () => {
    const rule = rulesOn(home);
    describe("at work", () => liveRules(rule));
    describe("gone", () => goneRules(rule));
  });
}

function liveRules(rule: Rule): void {
  rule("workers are listed by id, with what they said and the store's times", async ({ store }) => {
    expect(await store.workers()).toEqual([]);
    const first = newWorker({ upMs: 4_000 });
    const second = newWorker({ name: "é:2", priorities: ["high", "bulk"], queues: [], draining: true });
    await store.registerWorkers([second, first], { forMs: HOLDS_MS });
    const rows = await store.workers();
    const ages = rows.map(({ startedAtMs, seenAtMs }) => seenAtMs - startedAtMs);
    expect(ages).toEqual([4_000, 0]);
    const said = rows.map(({ startedAtMs: _, seenAtMs: __, ...word }) => word);
    expect(said).toEqual([first, second].map(({ upMs: _, ...word }) => word));
  });

  rule("a word given again replaces the one before, and not when the worker began", async (scene) => {
    const worker = newWorker();
    await scene.store.registerWorkers([worker], { forMs: HOLDS_MS });
    const [before] = await scene.store.workers();
    await scene.advance(HOLDS_MS - 1);
    const busy = { ...worker, upMs: 99_000, running: 5, names: ["other"], draining: true };
    await scene.store.registerWorkers([busy], { forMs: HOLDS_MS });
    await scene.advance(HOLDS_MS - 1);
    const [after] = await scene.store.workers();
    expect(after).toMatchObject({ running: 5, names: ["other"], draining: true });
    expect(after?.startedAtMs).toBe(before?.startedAtMs);
    expect(after?.seenAtMs).toBe((before?.seenAtMs ?? 0) + HOLDS_MS - 1);
  });

  rule("of a worker met twice in a call the last word counts", async ({ store }) => {
    const worker = newWorker();
    await store.registerWorkers([worker, { ...worker, running: 3 }], { forMs: HOLDS_MS });
    expect(await store.workers()).toMatchObject([{ id: worker.id, running: 3 }]);
  });

  rule("a word that no store can keep is refused, and nothing of its call is applied", async ({ store }) => {
    for (const bad of [{ name: "a\0b" }, { queues: ["\ud800"] }, { running: 0.5 }]) {
      const call = store.registerWorkers([newWorker(), newWorker(bad)], { forMs: HOLDS_MS });
      await expect(call).rejects.toMatchObject({ code: "bad-input" });
    }
    expect(await store.workers()).toEqual([]);
  });
}

function goneRules(rule: Rule): void {
  rule("a worker that stays silent is gone when its word has run out, and may come back", async (scene) => {
    const [silent, alive] = [newWorker(), newWorker()];
    await scene.store.registerWorkers([silent, alive], { forMs: HOLDS_MS });
    await scene.advance(HOLDS_MS - 1);
    await scene.store.registerWorkers([alive], { forMs: HOLDS_MS });
    expect(await scene.store.workers()).toHaveLength(2);
    await scene.advance(1);
    expect((await scene.store.workers()).map(({ id }) => id)).toEqual([alive.id]);
    await scene.store.registerWorkers([{ ...silent, upMs: 7 }], { forMs: HOLDS_MS });
    const [back] = await scene.store.workers();
    expect((back?.seenAtMs ?? 0) - (back?.startedAtMs ?? 0)).toBe(7);
  });

  rule("a worker that has stopped is gone at once; unknown ones are none", async ({ store }) => {
    const [stopped, alive] = [newWorker(), newWorker()];
    await store.registerWorkers([stopped, alive], { forMs: HOLDS_MS });
    await store.removeWorkers([stopped.id, nextId<WorkerId>()]);
    await store.removeWorkers([]);
    expect((await store.workers()).map(({ id }) => id)).toEqual([alive.id]);
  });

  rule("many may give their word at the same time", async ({ store }) => {
    const workers = Array.from({ length: 20 }, () => newWorker());
    const calls = workers.flatMap((worker) => [[worker], [...workers].reverse()]);
    await Promise.all(calls.map((call) => store.registerWorkers(call, { forMs: HOLDS_MS })));
    expect((await store.workers()).map(({ id }) => id)).toEqual(workers.map(({ id }) => id));
  });
}
