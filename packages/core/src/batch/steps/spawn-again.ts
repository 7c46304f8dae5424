/** Runs items again that failed in earlier executions of a step, from their ledger rows. */
import type { Control } from "../../job/control.ts";
import type { NewJob } from "../../model/job.ts";
import type { Json } from "../../model/json.ts";
import type { ItemRow } from "../../store/run-store.ts";
import { Placed } from "../placed.ts";
import { chunkJobs, type Pack } from "./chunk-jobs.ts";
import { kept, type Loop, type Progress } from "./loop.ts";

/**
 * Spawns chunks of the next failed rows and suspends behind them. Behind the last page it waits for all of them, for
 * until then nobody knows what of the step has failed.
 */
export async function spawnAgain(loop: Loop, again: NonNullable<Progress["again"]>): Promise<Control> {
  const { parts, ctx, step, chunks } = loop;
  const size = chunks.chunkSize.max;
  const wanted = chunks.concurrency;
  const room = parts.memory?.room(wanted) ?? wanted;
  const limit = Math.max(1, room) * size;
  const page = await parts.store.items({ ...step, states: ["failed"] }, { limit, after: again.after });
  const rows = page.rows.filter(({ item }) => item !== undefined);
  const spawn: NewJob[] = [];
  for (let at = 0; at < rows.length; at += size)
    spawn.push(...chunkJobs(loop, rows.slice(at, at + size).map(failedItem), packAgain));
  const progress: Progress = {
    ...loop.progress,
    again: page.next === undefined ? undefined : { after: page.next },
    attempt: ctx.attempt,
  };
  const wakeAt = page.next === undefined ? 0 : Math.max(spawn.length - 1, 0);
  return ctx.suspend({ wakeAt, spawn, ...kept(loop, progress) });
}

/** As the chunk that failed wrote it. */
function failedItem({ key, item }: ItemRow): Placed<Json> {
  return new Placed(JSON.parse(item ?? "null") as Json, { cursor: key, key });
}

/** Under the keys they failed with, whatever the step would name them today. */
const packAgain: Pack = (part) => ({
  items: part.map(({ item }) => item as Json), // failedItem made them
  keys: part.map(({ key }) => key),
  retry: true,
});
