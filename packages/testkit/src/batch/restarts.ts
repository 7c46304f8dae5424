/** Rules of restarts: processes that stop, die or are cut off in the middle of a chunk. */
import type { Store } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { type BatchScene, LEASE_MS, type Process } from "./batch-scene.ts";
import type { Calls } from "./calls.ts";
import { effects, fateOf, keyOf, numbersBatch, outcomeOf, type Range, STEP } from "./numbers.ts";
import { type BatchRule, batchRulesOn } from "./rule.ts";

/** What restarts leave of a run. */
export function restartRules(home: TestHome): void {
  describe("restarts", () => {
    const rule = batchRulesOn(home);
    crashRules(rule);
    drainRules(rule);
    zombieRules(rule);
  });
}

function crashRules(rule: BatchRule): void {
  rule(
    "a chunk that keeps killing its worker is given up, and only its unsettled items fail",
    async (scene) => {
      let deaths = 0;
      const lethal = (store: Store, calls: Calls) =>
        numbersBatch(store, {
          step: {
            maxRescues: 1,
            commit: { items: 1, weight: 1_000 },
            process: async (number) => {
              if (number === 3) {
                deaths += 1;
                calls.die();
              }
              return fateOf(number);
            },
          },
        });
      let process = scene.process(lethal);
      const { id } = await scene.start(process, { upTo: 6 });
      for (let restarts = 0; restarts < 10 && !(await isOver(scene, id)); restarts += 1) {
        const { calls } = process;
        await scene.until(async () => calls.isDead || (await isOver(scene, id)));
        if (!calls.isDead) break;
        await scene.bury(process);
        process = scene.process(lethal);
      }
      const run = await scene.ended(id);
      expect(deaths).toBe(3);
      expect(run).toMatchObject({ state: "partial" });
      expect(run.counters[STEP]).toMatchObject({ done: 3, failed: 2, filtered: 1, read: 6, sealed: 1 });
      const { rows } = await scene.store.items({ run: id, step: STEP, states: ["failed"] }, { limit: 10 });
      expect(rows.map(({ key, stage, errorClass, reason }) => ({ key, stage, errorClass, reason }))).toEqual(
        [3, 4].map((number) => ({
          key: keyOf(number),
          stage: "chunk",
          errorClass: "crashed",
          reason: "worker-crashed",
        })),
      );
      expect(await effects(scene.store)).toEqual([1, 2, 6]);
    },
  );
}

async function isOver(scene: BatchScene, id: Parameters<BatchScene["run"]>[0]): Promise<boolean> {
  return (await scene.run(id)).finishedAtMs !== undefined;
}

/** A batch of chunks of six whose processor waits at a number, in this process only. */
function waitingAt(number: number): {
  make(store: Store): ReturnType<typeof numbersBatch>;
  readonly reached: () => boolean;
  readonly go: () => void;
} {
  let isReached = false;
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  return {
    make: (store) =>
      numbersBatch(store, {
        step: {
          chunkSize: 6,
          process: async (item) => {
            if (item === number) {
              isReached = true;
              await gate;
            }
            return fateOf(item);
          },
        },
      }),
    reached: () => isReached,
    go: () => go(),
  };
}

function drainRules(rule: BatchRule): void {
  rule(
    "a draining worker gives its chunk back at the end of an item, and the next goes on there",
    async (scene) => {
      const { make, reached, go } = waitingAt(2);
      const first = scene.process(make);
      const { id } = await scene.start(first, { upTo: 6 });
      await scene.until(async () => reached());
      let isStopped = false;
      void first.worker.stop().then(() => {
        isStopped = true;
      });
      go();
      await scene.until(async () => isStopped);
      const { rows } = await scene.store.items({ run: id, step: STEP }, { limit: 10 });
      expect(rows.map((row) => row.key)).toEqual([1, 2].map(keyOf));
      const redone: number[] = [];
      scene.process((store) =>
        numbersBatch(store, {
          step: {
            process: async (number) => {
              redone.push(number);
              return fateOf(number);
            },
          },
        }),
      );
      const run = await scene.ended(id);
      expect(redone.toSorted()).toEqual([3, 4, 5, 6]);
      expect(run).toMatchObject({ state: "completed" });
      expect(await effects(scene.store)).toEqual([1, 2, 3, 4, 6]);
      const chunks = await scene.jobs("count/chunk");
      expect(chunks.reduce((sum, row) => sum + row.interruptions, 0)).toBe(1);
      expect(chunks.every((row) => row.attempts === 1 && row.rescues === 0)).toBe(true);
    },
  );
}

function zombieRules(rule: BatchRule): void {
  rule("nothing that a worker writes after its lease was lost lands", async (scene) => {
    const { make, reached, go } = waitingAt(2);
    const zombie: Process<Range> = scene.process(make);
    const { id } = await scene.start(zombie, { upTo: 6 });
    await scene.until(async () => reached());
    // Only the store's time moves: the worker does not notice, and writes with a token that is no longer current.
    await scene.advanceStore(LEASE_MS);
    await scene.store.rescue({ limit: 100 });
    const heir = scene.process((store) => numbersBatch(store));
    await scene.until(async () => {
      const { rows } = await scene.store.items({ run: id, step: STEP }, { limit: 10 });
      return rows.length === 6;
    });
    const before = await outcomeOf(scene, id);
    go();
    await scene.quiet();
    expect(heir.calls.made).toBeGreaterThan(0);
    const run = await scene.ended(id);
    expect(run).toMatchObject({ state: "completed" });
    expect(await outcomeOf(scene, id)).toMatchObject({
      ...(before as Record<string, unknown>),
      state: "completed",
      result: '{"seen":3}',
      counters: run.counters[STEP],
    });
    expect(run.counters[STEP]).toMatchObject({ done: 5, filtered: 1, read: 6, sealed: 1, weighed: 21 });
  });
}
