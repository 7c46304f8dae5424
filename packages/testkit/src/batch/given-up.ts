/** Rules of chunks that are given up halfway: what has committed stays, the rest fails and can run again. */
import { ClassedError, type Store } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { effects, keyOf, numbersBatch, STEP } from "./numbers.ts";
import { batchRulesOn } from "./rule.ts";

/** What chunks leave that die in a later attempt. */
export function givenUpRules(home: TestHome): void {
  describe("chunks given up", () => {
    const rule = batchRulesOn(home);
    for (const level of ["all", "failures", "none"] as const) {
      rule(`leave as failed what they had not committed, and no more (ledger ${level})`, async (scene) => {
        const shelf = { attempts: 0, isOpen: false };
        const process = scene.process((store) => batchOf(store, shelf, level));
        const handle = await scene.start(process, { upTo: 4 });
        const run = await scene.ended(handle.id);
        expect(run.state).toBe("partial");
        expect(run.counters[STEP]).toEqual({
          ...{ done: 3, failed: 1, read: 4, sealed: 1, retried: 1 },
          ...{ sum: 1 + 2 + 3, weighed: 10 },
        });
        expect(await effects(scene.store)).toEqual([1, 2, 3]);
        const failed = { run: run.id, step: STEP, states: ["failed"] } as const;
        expect((await scene.store.items(failed, { limit: 10 })).rows).toMatchObject([
          { key: keyOf(4), stage: "chunk", errorClass: "permission", reason: "chunk-failed", item: "4" },
        ]);
        shelf.isOpen = true;
        let isAsked = false;
        const restarting = process.mr.run(run.id).restart({ only: "failed" });
        restarting.finally(() => {
          isAsked = true;
        });
        await scene.until(async () => isAsked);
        const again = await scene.ended(run.id);
        expect(again.state).toBe("completed");
        expect(again.counters[STEP]).toMatchObject({ done: 4, read: 4, sum: 10 });
        expect(again.counters[STEP]).not.toHaveProperty("failed");
        expect(await effects(scene.store)).toEqual([1, 2, 3, 4]);
      });
    }
  });
}

/** Its one chunk commits three items, meets a failure that may pass, and then cannot even be prepared. */
function batchOf(
  store: Store,
  shelf: { attempts: number; readonly isOpen: boolean },
  ledger: "all" | "failures" | "none",
) {
  return numbersBatch(store, {
    finish: () => null,
    step: {
      ledger,
      prepare: () => {
        shelf.attempts += 1;
        if (shelf.attempts === 2) throw new ClassedError("permission", "shut", "the shelf is shut");
      },
      process: (number) => {
        if (number === 4 && !shelf.isOpen) throw new ClassedError("connection", "reset", "hung up");
        return number;
      },
    },
  });
}
