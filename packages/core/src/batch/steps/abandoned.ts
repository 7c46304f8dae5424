/** Gives every item of a chunk that died without settling it a failed row in the ledger, so that none is lost. */
import type { JobContext } from "../../job/context.ts";
import { type AttemptError, decodeAttempts } from "../../model/attempt.ts";
import type { JobId } from "../../model/ids.ts";
import type { JobRow } from "../../model/job.ts";
import type { ItemOutcome, StepRef } from "../../model/settlement.ts";
import { everyPage } from "../../store/every-page.ts";
import type { Store } from "../../store/store.ts";
import { itemText } from "../bad-item.ts";
import { TIMED_OUT } from "../chunk-late.ts";
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
  readonly chunks: Pick<ChunkStep, "name" | "key" | "ledger" | "undo">;
  /** The job that spawned them. */
  readonly parent: JobId;
}

/** Walks the children that died or were cancelled; safe to run again. */
export async function recordAbandoned(search: AbandonedSearch): Promise<void> {
  const { store, parent } = search;
  const filter = { parent, states: ["dead", "cancelled"] } as const;
  for await (const rows of everyPage(PAGE, (page) => store.find(filter, page)))
    for (const row of rows) await recordChunk(search, row);
}

async function recordChunk(search: AbandonedSearch, row: JobRow): Promise<void> {
  const { ctx, step, chunks } = search;
  const left = await leftOf(search, row);
  if (left.length === 0) return;
  const place = { run: { id: step.run }, chunk: row.id, fence: ctx.fence, signal: ctx.signal };
  await chunks.undo?.(
    left.map(({ position }) => position),
    place,
  );
  // An operator may have had the chunk run again meanwhile: what it has settled since stays.
  await ctx.save({ step, items: left.map((item) => abandoned(item, row)), onlyNewItems: true });
}

interface LeftItem {
  readonly position: number;
  readonly key: string;
  readonly item: unknown;
}

/** The items that the chunk has not settled. */
async function leftOf({ store, step, chunks }: AbandonedSearch, row: JobRow): Promise<readonly LeftItem[]> {
  const chunk = chunkPayload(row.envelope);
  const items = unpackItems(chunk);
  const named = items.map((item, position) => {
    const key = chunkKey(chunks, items, { position, keys: chunk.keys });
    return { position, key, item };
  });
  const page = await store.items({ ...step, keys: named.map(({ key }) => key) }, { limit: named.length });
  const known = new Set(page.rows.map(({ key }) => key));
  // Where not every ending leaves a row, the chunk's checkpoint knows the others.
  const settled = new Settled(named.length, chunks.ledger === "all" ? undefined : row.checkpoint);
  return named.filter(({ position, key }) => !known.has(key) && !settled.has(position));
}

/** Of a chunk whose last end is in no words of ours. */
const UNKNOWN: Pick<AttemptError, "class" | "message" | "reason"> = {
  class: "processing",
  message: "ended in a way that its record does not say",
};

function abandoned({ key, item }: LeftItem, row: JobRow): ItemOutcome {
  const failed = { key, state: "failed", stage: "chunk", ...itemText(item) } as const;
  if (row.fingerprint === "crashed") {
    const message = `the worker died ${row.rescues} times while it held chunk ${row.id}`;
    return { ...failed, errorClass: "crashed", reason: "worker-crashed", message };
  }
  const error = decodeAttempts(row.records).at(-1)?.error ?? UNKNOWN;
  if (row.state === "cancelled") {
    const message = `chunk ${row.id} was ${error.message}`;
    return { ...failed, errorClass: "cancelled", reason: "chunk-cancelled", message: keepable(message) };
  }
  const message = `chunk ${row.id} could not be settled item by item: ${error.message}`;
  const reason = error.reason === TIMED_OUT ? TIMED_OUT : "chunk-failed";
  return { ...failed, errorClass: error.class, reason, message: keepable(message) };
}
