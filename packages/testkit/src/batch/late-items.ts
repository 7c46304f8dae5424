/** Rules of items that hang: they fail for it alone, and what else their chunk holds is done, and done once. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { effectOf, effects, keyOf, numbersBatch, STEP } from "./numbers.ts";
import { batchRulesOn } from "./rule.ts";

/** What becomes of a chunk of which an item outlasts every attempt. */
export function lateItemRules(home: TestHome): void {
  describe("items that hang", () => {
    const rule = batchRulesOn(home);
    for (const level of ["all", "failures", "none"] as const) {
      rule(`alone fail for the timeout of their chunk (ledger ${level})`, async (scene) => {
        const begun: number[] = [];
        const process = scene.process((store) =>
          numbersBatch(store, {
            finish: () => null,
            step: {
              ledger: level,
              timeout: "2s",
              process: async (number, { signal }) => {
                begun.push(number);
                return number === 2 ? untilAborted(signal) : number;
              },
            },
          }),
        );
        const handle = await scene.start(process, { upTo: 6 });
        const run = await scene.ended(handle.id);
        expect(run.state).toBe("partial");
        expect(run.counters[STEP]).toEqual({
          ...{ done: 5, failed: 1, read: 6, sealed: 1, retried: 2 },
          ...{ sum: 1 + 3 + 4 + 5 + 6, weighed: 21 },
        });
        expect(await effects(scene.store)).toEqual([1, 3, 4, 5, 6]);
        expect(begun.filter((number) => number !== 2).toSorted()).toEqual([1, 3, 4, 5, 6]);
        const failed = { run: run.id, step: STEP, states: ["failed"] } as const;
        const row = { key: keyOf(2), stage: "process", errorClass: "timeout", reason: "timed-out" };
        expect((await scene.store.items(failed, { limit: 10 })).rows).toMatchObject(
          level === "none" ? [] : [row],
        );
        expect((await scene.jobs("count/chunk")).map(({ state }) => state)).toEqual([
          "completed",
          "completed",
        ]);
      });
    }

    rule(
      "are all of a chunk whose prepare hangs, which names it; a restart runs them, once",
      async (scene) => {
        let hangs = true;
        const process = scene.process((store) =>
          numbersBatch(store, {
            finish: () => null,
            step: {
              timeout: "2s",
              prepare: (items, { signal }) => (hangs && items.includes(1) ? untilAborted(signal) : undefined),
            },
          }),
        );
        const handle = await scene.start(process, { upTo: 6 });
        const run = await scene.ended(handle.id);
        expect(run).toMatchObject({
          state: "partial",
          counters: { [STEP]: { done: 1, filtered: 1, failed: 4 } },
        });
        const failed = { run: run.id, step: STEP, states: ["failed"] } as const;
        const { rows } = await scene.store.items(failed, { limit: 10 });
        expect(rows.map(({ key }) => key)).toEqual([1, 2, 3, 4].map(keyOf));
        for (const row of rows) {
          expect(row).toMatchObject({ stage: "chunk", errorClass: "timeout", reason: "timed-out" });
          expect(row.message).toContain("prepare was under way when attempt 3 of its chunk");
        }
        hangs = false;
        await process.mr.run(run.id).restart({ only: "failed" });
        const again = await scene.ended(run.id);
        expect(again).toMatchObject({ state: "completed", counters: { [STEP]: { done: 5 } } });
        expect(again.counters[STEP]).not.toHaveProperty("failed");
        expect(await effects(scene.store)).toEqual([1, 2, 3, 4, 6]);
      },
    );

    rule("are told to a failed hook, whose effects are there once", async (scene) => {
      const process = scene.process((store) => {
        const transactional = store.capabilities.transactions !== undefined;
        return numbersBatch(store, {
          finish: () => null,
          step: {
            timeout: "2s",
            process: async (number, { signal }) => (number === 2 ? untilAborted(signal) : number),
            failed: async (items, { transaction }) => {
              const told = items.map(({ item }) => effectOf(TOLD + item, transactional));
              await store.enqueue(told, { transaction });
            },
          },
        });
      });
      const handle = await scene.start(process, { upTo: 4 });
      expect((await scene.ended(handle.id)).counters[STEP]).toMatchObject({ done: 3, failed: 1 });
      expect(await effects(scene.store)).toEqual([1, 3, 4, TOLD + 2]);
    });
  });
}

/** Added to numbers that a hook was told of. */
const TOLD = 500;

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
