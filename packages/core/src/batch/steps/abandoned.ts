/** Gives every item of a chunk that died without settling it a failed row in the ledger, so that none is lost. */
import type { JobContext } from "../../job/context.ts";
import { decodeAttempts } from "../../model/attempt.ts";
import type { JobId } from "../../model/ids.ts";
import type { JobRow } from "../../model/job.ts";
import type { ItemOutcome, StepRef } from "../../model/settlement.ts";
import type { Store } from "../../store/store.ts";
import { itemText } from "../bad-item.ts";
import type { ChunkStep } from "../chunk-step.ts";
import { keepable } from "../ending.ts";
import { chunkPayload } from "../run-jobs.ts";
import { Settled } from "../settled.ts";
import { chunkKey, unpackItems } from "./chunk-items.ts";

const PAGE = 100;

/** What is needed to look through the dead chunks of a step's job. */
export interface AbandonedSearch {
  readonly store: Store;
  readonly ctx: JobContext;
  readonly step: StepRef;
  readonly chunks: Pick<ChunkStep, "key" | "ledger" | "undo">;
  /** The job that spawned them. */
  readonly parent: JobId;
}

/** Walks the children that died or were cancelled; safe to run again. */
export async function recordAbandoned(search: AbandonedSearch): Promise<void> {
  const { store, parent } = search;
  let after: string | undefined;
  do {
    const page = await store.find({ parent, states: ["dead", "cancelled"] }, { limit: PAGE, after });
    for (const row of page.rows) await recordChunk(search, row);
    after = page.next;
  } while (after !== undefined);
}

async function recordChunk(search: AbandonedSearch, row: JobRow): Promise<void> {
  const { store, ctx, step, chunks } = search;
  const chunk = chunkPayload(row.envelope);
  if (chunk.items.length === 0) return;
  const items = unpackItems(chunk);
  const keys = items.map((_, position) => chunkKey(chunks, items, { position, keys: chunk.keys }));
  const rows = await store.items({ ...step, keys }, { limit: keys.length });
  const known = new Set(rows.rows.map((item) => item.key));
  // Where not every ending leaves a row, the chunk's checkpoint knows the others.
  const settled = new Settled(keys.length, chunks.ledger === "all" ? undefined : row.checkpoint);
  const missing = [...keys.keys()].filter(
    (position) => !known.has(keys[position] ?? "") && !settled.has(position),
  );
  if (missing.length === 0) return;
  const place = { run: { id: step.run }, chunk: row.id, fence: ctx.fence, signal: ctx.signal };
  await chunks.undo?.(missing, place);
  const outcomes = missing.map((position) => abandoned(keys[position] ?? "", items[position], row));
  // An operator may have had the chunk run again meanwhile: what it has settled since stays.
  await ctx.save({ step, items: outcomes, onlyNewItems: true });
}

function abandoned(key: string, item: unknown, row: JobRow): ItemOutcome {
  const failed = { key, state: "failed", stage: "chunk", ...itemText(item) } as const;
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
