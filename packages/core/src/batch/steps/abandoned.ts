/** Gives every item of a chunk that died without settling it a failed row in the ledger, so that none is lost. */

import type { JobContext } from "../job/context.ts";
import { decodeAttempts } from "../model/attempt.ts";
import type { JobRow } from "../model/job.ts";
import type { ItemOutcome, StepRef } from "../model/settlement.ts";
import type { Store } from "../store/store.ts";
import { keepable } from "./ending.ts";
import { itemsOfChunk } from "./run-jobs.ts";
import { Settled } from "./settled.ts";

const PAGE = 100;

/** What is needed to look through a coordinator's dead chunks. */
export interface AbandonedSearch<Item> {
  readonly store: Store;
  readonly ctx: JobContext;
  readonly step: StepRef;
  keyOf(item: Item): string;
}

/** Walks the children that died or were cancelled; safe to run again. */
export async function recordAbandoned<Item>(search: AbandonedSearch<Item>): Promise<void> {
  const { store, ctx } = search;
  let after: string | undefined;
  do {
    const page = await store.find(
      { parent: ctx.job.id, states: ["dead", "cancelled"] },
      { limit: PAGE, after },
    );
    for (const row of page.rows) await recordChunk(search, row);
    after = page.next;
  } while (after !== undefined);
}

async function recordChunk<Item>(search: AbandonedSearch<Item>, row: JobRow): Promise<void> {
  const items = itemsOfChunk(row.envelope) as readonly Item[]; // as the reader gave them
  const settled = new Settled(items.length, row.checkpoint);
  const keys = items.map((item) => search.keyOf(item));
  const page = await search.store.items({ ...search.step, keys }, { limit: keys.length });
  const known = new Set(page.rows.map((item) => item.key));
  const missing = items.flatMap((item, position) => {
    const key = keys[position] as string; // one for each item
    return known.has(key) || settled.has(position) ? [] : [abandoned(key, item, row)];
  });
  if (missing.length > 0) await search.ctx.save({ step: search.step, items: missing });
}

function abandoned(key: string, item: unknown, row: JobRow): ItemOutcome {
  const failed = { key, state: "failed", stage: "chunk", item: JSON.stringify(item) } as const;
  if (row.fingerprint === "crashed") {
    const message = `the worker died ${row.rescues} times while it held chunk ${row.id}`;
    return { ...failed, errorClass: "crashed", reason: "worker-crashed", message };
  }
  const error = decodeAttempts(row.records).at(-1)?.error;
  if (row.state === "cancelled") {
    const message = `chunk ${row.id} was ${error?.message ?? "cancelled"}`;
    return { ...failed, errorClass: "cancelled", reason: "chunk-cancelled", message: keepable(message) };
  }
  const message = `chunk ${row.id} could not be settled item by item: ${error?.message ?? "see its job"}`;
  return {
    ...failed,
    errorClass: error?.class ?? "processing",
    reason: "chunk-failed",
    message: keepable(message),
  };
}
