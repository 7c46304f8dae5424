/** Rules of tasks: what those that run in a transaction may ask. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { keyOf, numbersBatch, STEP } from "./numbers.ts";
import { batchRulesOn } from "./rule.ts";

/** What a task gets beside its input. */
export function taskRules(home: TestHome): void {
  describe("tasks", () => {
    const rule = batchRulesOn(home);

    rule("ask ledgers, but for those in a transaction, which fail in words", async (scene) => {
      const process = scene.process((store) =>
        numbersBatch(store).step(
          "ask",
          async ({ ctx }) => (await ctx.ledger(STEP).seen([keyOf(1), keyOf(9)])).size,
          { transactional: store.capabilities.transactions !== undefined, retry: "none" },
        ),
      );
      const { id } = await scene.start(process, { upTo: 3 });
      const run = await scene.ended(id);
      if (scene.store.capabilities.transactions === undefined) {
        expect(run).toMatchObject({ state: "completed", result: "1" });
        return;
      }
      expect(JSON.parse(run.error ?? "")).toMatchObject({
        step: "ask",
        message: "ctx.ledger cannot be asked inside a transactional task; ask it in a step before",
      });
    });
  });
}
