/** Runs items again that failed in earlier executions of a step, from their ledger rows. */
import type { Control } from "../../job/control.ts";
import type { NewJob } from "../../model/job.ts";
import type { Json } from "../../model/json.ts";
import type { ItemRow } from "../../store/run-store.ts";
import { Placed } from "../placed.ts";
import { MAX_GATHERED_BYTES } from "../rough-bytes.ts";
import { packItems } from "./chunk-items.ts";
import { chunkJobs, type Pack } from "./chunk-jobs.ts";
import { kept, type Loop, type Progress } from "./loop.ts";

/**
 * Spawns chunks of the next failed rows and suspends behind them. Behind the last page it waits for all of them, for
 * until then nobody knows what of the step has failed.
 */
export async function spawnAgain(loop: Loop, again: NonNullable<Progress["again"]>): Promise<Control> {
  const { parts, ctx, chunks } = loop;
  const size = chunks.chunkSize.max;
  const wanted = chunks.concurrency;
  const room = parts.memory.room(wanted);
  const { rows, next } = await failedRows(loop, { limit: Math.max(1, room) * size, after: again.after });
  const spawn: NewJob[] = [];
  for (let at = 0; at < rows.length; at += size)
    spawn.push(...chunkJobs(loop, rows.slice(at, at + size), packAgain));
  const progress: Progress = {
    ...loop.progress,
    again: next === undefined ? undefined : { after: next },
    attempt: ctx.attempt,
  };
  const wakeAt = next === undefined ? 0 : Math.max(spawn.length - 1, 0);
  return ctx.suspend({ wakeAt, spawn, ...kept(loop, progress) });
}

const FIRST_PAGE = 100;
const MAX_PAGE = 10_000;

/** So many of the next that have items, fewer where these are large; and from where on there are more. */
async function failedRows(
  { parts, step }: Loop,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<{ readonly rows: readonly Placed<Json>[]; readonly next: string | undefined }> {
  const rows: Placed<Json>[] = [];
  let next = after;
  let bytes = 0;
  do {
    const room = rows.length === 0 ? FIRST_PAGE : ((MAX_GATHERED_BYTES - bytes) * rows.length) / bytes;
    const wanted = Math.min(limit - rows.length, Math.ceil(room), MAX_PAGE);
    const page = await parts.store.items({ ...step, states: ["failed"] }, { limit: wanted, after: next });
    rows.push(...page.rows.flatMap(failedItems));
    bytes += page.rows.reduce((sum, { item = "" }) => sum + item.length, 0);
    next = page.next;
  } while (next !== undefined && rows.length < limit && bytes < MAX_GATHERED_BYTES);
  return { rows, next };
}

/** As the chunk that failed wrote it; what has never been an item cannot run again. */
function failedItems({ key, item }: ItemRow): readonly Placed<Json>[] {
  return item === undefined ? [] : [new Placed(JSON.parse(item) as Json, { cursor: key, key })];
}

/** Under the keys they failed with, whatever the step would name them today. */
const packAgain: Pack = (part) => ({ ...packItems({ key: undefined }, part), retry: true });
