/** Runs items again that failed in earlier executions of a step, from their ledger rows. */
import type { Control } from "../../job/control.ts";
import type { Json } from "../../model/json.ts";
import { chunkJob } from "../run-jobs.ts";
import { kept, type Loop, type Progress } from "./loop.ts";

/**
 * Spawns chunks of the next failed rows and suspends behind them. Behind the last page it waits for all of them, for
 * until then nobody knows what of the step has failed.
 */
export async function spawnAgain(loop: Loop, again: NonNullable<Progress["again"]>): Promise<Control> {
  const { parts, ctx, step, chunks, look } = loop;
  const size = chunks.chunkSize.max;
  const wanted = chunks.concurrency;
  const room = parts.memory.room(wanted);
  const limit = Math.max(1, room) * size;
  const page = await parts.store.items({ ...step, states: ["failed"] }, { limit, after: again.after });
  // As the chunk that failed wrote them; what has never been an item cannot run again.
  const rows = page.rows.flatMap(({ key, item }) =>
    item === undefined ? [] : [{ key, item: JSON.parse(item) as Json }],
  );
  const owner = { ...look.row, definition: parts.definition.name };
  const spawn = [];
  for (let at = 0; at < rows.length; at += size) {
    const part = rows.slice(at, at + size);
    const items = part.map(({ item }) => item);
    const keys = part.map(({ key }) => key);
    spawn.push(chunkJob(owner, { step: step.step, items, keys, retry: true }, chunks.maxRescues));
  }
  const progress: Progress = {
    ...loop.progress,
    again: page.next === undefined ? undefined : { after: page.next },
    attempt: ctx.attempt,
  };
  const wakeAt = page.next === undefined ? 0 : Math.max(spawn.length - 1, 0);
  return ctx.suspend({ wakeAt, spawn, ...kept(loop, progress) });
}
