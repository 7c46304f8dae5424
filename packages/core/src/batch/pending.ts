/** What is left to do of a chunk when an attempt begins: items already settled are not done again. */
import type { JobContext } from "../job/context.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { ChunkWork } from "./chunk-work.ts";
import type { LedgerLevel } from "./definition.ts";
import { Settled } from "./settled.ts";

/** Where a chunk stands. */
export interface Standing {
  /** Places of the items not settled yet, in order. */
  readonly pending: readonly number[];
  /** Which of its endings leave rows. */
  readonly level: LedgerLevel;
  readonly settled: Settled;
}

/**
 * Reads where the chunk stands: from its ledger rows where each ending leaves one, else from its checkpoint. In a chunk
 * whose items run again because they failed, and in a dead chunk that an operator has run again, a failed row of
 * another job is what is to be replaced: such chunks leave all rows.
 */
export async function standingOf(work: ChunkWork, ctx: JobContext): Promise<Standing> {
  const size = work.items.length;
  const isReplayed = ctx.job.generation > 1;
  if (!work.isRetry && !isReplayed && work.rules.ledger !== "all") {
    const settled = new Settled(size, ctx.checkpoint);
    return {
      level: work.rules.ledger,
      settled,
      pending: pendingOf(work, (position) => settled.has(position)),
    };
  }
  const rows = await rowsOf(work);
  // What has no row in a replayed chunk of another level was done, for all that is known.
  const isDoneWithoutRow = isReplayed && work.rules.ledger !== "all";
  const isSettled = (position: number): boolean => {
    const row = rows.get(work.keyOf(position));
    if (row === undefined) return isDoneWithoutRow;
    return row.state !== "failed" || row.job === ctx.job.id || !(work.isRetry || isReplayed);
  };
  return { level: "all", settled: new Settled(size), pending: pendingOf(work, isSettled) };
}

function pendingOf({ items }: ChunkWork, isSettled: (position: number) => boolean): readonly number[] {
  return Array.from(items.keys()).filter((position) => !isSettled(position));
}

async function rowsOf({ store, step, items, keyOf }: ChunkWork): Promise<ReadonlyMap<string, ItemRow>> {
  if (items.length === 0) return new Map();
  const keys = items.map((_, position) => keyOf(position));
  const page = await store.items({ ...step, keys }, { limit: keys.length });
  return new Map(page.rows.map((row) => [row.key, row]));
}
