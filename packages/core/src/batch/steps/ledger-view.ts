/** What a task may ask of the ledger of its run's chunk steps. */
import { MillraceError } from "../../model/errors.ts";
import type { StepRef } from "../../model/step.ts";
import { everyPage } from "../../store/every-page.ts";
import type { ItemRow } from "../../store/run-store.ts";
import type { Store } from "../../store/store.ts";
import type { StepLedger } from "../contexts.ts";

const MAX_KEYS = 10_000;
const PAGE = 500;

/** The ledger of a step. */
export function ledgerView(store: Store, step: StepRef): StepLedger {
  return {
    seen: async (keys) => {
      if (keys.length === 0) return new Set();
      if (keys.length > MAX_KEYS) {
        throw new MillraceError("too-large", `seen takes at most ${MAX_KEYS} keys; it got ${keys.length}`);
      }
      const page = await store.items({ ...step, keys }, { limit: keys.length });
      return new Set(page.rows.map((row) => row.key));
    },
    failures: () => failedItems(store, step),
  };
}

async function* failedItems(store: Store, step: StepRef): AsyncGenerator<ItemRow> {
  const filter = { ...step, states: ["failed"] } as const;
  for await (const rows of everyPage(PAGE, (page) => store.items(filter, page))) yield* rows;
}
