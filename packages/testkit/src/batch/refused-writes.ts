/** Rules of writes that are refused for what no item is to blame for: the step fails, and can go on once that is mended. */
import { MillraceError, type Store, type WriteContext } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { numbersBatch, STEP } from "./numbers.ts";
import { batchRulesOn } from "./rule.ts";

/** Chunks of a run of these rules, and tries of a group of 20 until three items were refused alone. */
const CHUNKS = 25;
const TRIES = 9;

/** What becomes of a step whose table is missing. */
export function refusedWriteRules(home: TestHome): void {
  describe("writes refused for what no item is to blame for", () => {
    const rule = batchRulesOn(home);
    for (const level of ["all", "failures", "none"] as const) {
      rule(
        `fail their step before all chunks have met it, and a restart goes on (ledger ${level})`,
        async (scene) => {
          const shelf = { isMissing: true, tries: 0 };
          const process = scene.process((store) => batchOf(store, shelf, level));
          const handle = await scene.start(process, { upTo: CHUNKS * 20 });
          const run = await scene.ended(handle.id);
          expect(run.state).toBe("failed");
          expect(JSON.parse(run.error ?? "")).toMatchObject({
            reason: "write-refused",
            step: STEP,
            message: expect.stringMatching(/writing was refused .*: .*(does not exist|no such table)/),
          });
          expect(shelf.tries).toBeLessThan((CHUNKS / 2) * TRIES);
          const { read, failed } = run.counters[STEP] ?? {};
          expect(failed).toBe(read);
          shelf.isMissing = false;
          let isAsked = false;
          const restarting = process.mr.run(run.id).restart();
          restarting.finally(() => {
            isAsked = true;
          });
          await scene.until(async () => isAsked);
          const again = await scene.ended(run.id);
          expect(again.state).toBe("completed");
          expect(again.counters[STEP]).toMatchObject({ done: CHUNKS * 20, read: CHUNKS * 20 });
        },
      );
    }
  });
}

function batchOf(
  store: Store,
  shelf: { readonly isMissing: boolean; tries: number },
  ledger: "all" | "failures" | "none",
) {
  const write = async (
    _outputs: readonly number[],
    { transaction }: Pick<WriteContext<unknown>, "transaction">,
  ) => {
    if (!shelf.isMissing) return;
    shelf.tries += 1;
    if (transaction === undefined) throw new MillraceError("bad-config", "no such table");
    await transaction.query("insert into millrace_no_such_table values (1)");
  };
  return numbersBatch(store, {
    finish: () => null,
    step: { ledger, write, process: (number) => number, chunkSize: 20, retry: "none", commit: { items: 20 } },
  });
}
