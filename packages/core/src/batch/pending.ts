/** What is left to do of a chunk when an attempt begins: items already settled are not done again. */
import type { JobContext } from "../job/context.ts";
import type { JobId } from "../model/ids.ts";
import type { ItemRow } from "../store/run-store.ts";
import type { ChunkWork } from "./chunk-work.ts";
import type { LedgerLevel } from "./definition.ts";
import { Settled } from "./settled.ts";

/** Where a chunk stands. */
export interface Standing {
  /** Places of the items not settled yet, in order; behind the others those that were late in an attempt before. */
  readonly pending: readonly number[];
  /** Those of them that the ledger has no row of, as far as it was asked. */
  readonly unrecorded: readonly number[];
  /** Items that are passed over because another one had their key; to be counted with the chunk's end. */
  readonly repeated: number;
  /** Which of its endings leave rows. */
  readonly level: LedgerLevel;
  readonly settled: Settled;
}

/** Reads where the chunk stands. */
export async function standingOf(work: ChunkWork, ctx: JobContext): Promise<Standing> {
  if (work.isRetry || ctx.job.generation > 1) return standingAgain(work, ctx);
  return work.rules.ledger === "all" ? standingByRows(work, ctx) : standingByCheckpoint(work, ctx);
}

/** Where each ending leaves a row, an item without one is left to do. */
async function standingByRows(work: ChunkWork, ctx: JobContext): Promise<Standing> {
  const settled = new Settled(work.items.length, ctx.checkpoint);
  const rows = await rowsOf(work);
  const repeated = repeatedIn(work, rows, ctx.job.id);
  const pending = placesOf(work, settled).filter(
    (position) => !repeated.has(position) && !rows.has(work.keyOf(position)),
  );
  return { pending, unrecorded: pending, repeated: repeated.size, level: "all", settled };
}

/** Else the chunk's checkpoint tells. */
function standingByCheckpoint(work: ChunkWork, ctx: JobContext): Standing {
  const settled = new Settled(work.items.length, ctx.checkpoint);
  const pending = placesOf(work, settled).filter((position) => !settled.has(position));
  return { pending, unrecorded: pending, repeated: 0, level: work.rules.ledger, settled };
}

/**
 * In a chunk whose items run again because they failed, and in one that an operator has run again, a failed row of another
 * job is what is to be replaced: such chunks leave all rows.
 */
async function standingAgain(work: ChunkWork, ctx: JobContext): Promise<Standing> {
  const settled = new Settled(work.items.length, ctx.checkpoint);
  const rows = await rowsOf(work);
  const rowAt = (position: number) => rows.get(work.keyOf(position));
  const pending = placesOf(work, settled).filter((position) => {
    const row = rowAt(position);
    return row === undefined ? !settled.has(position) : row.state === "failed" && row.job !== ctx.job.id;
  });
  const unrecorded = pending.filter((position) => rowAt(position) === undefined);
  return { pending, unrecorded, repeated: 0, level: "all", settled };
}

/** Places of items whose key another one had before them: in this chunk, or in one whose rows are there. */
function repeatedIn(
  { items, keyOf }: ChunkWork,
  rows: ReadonlyMap<string, ItemRow>,
  own: JobId,
): ReadonlySet<number> {
  const seen = new Set<string>();
  const repeated = new Set<number>();
  for (const position of items.keys()) {
    const key = keyOf(position);
    if (seen.has(key) || (rows.get(key)?.job ?? own) !== own) repeated.add(position);
    seen.add(key);
  }
  return repeated;
}

/** In order, but behind the others those that were late in an attempt before. */
function placesOf({ items }: ChunkWork, settled: Settled): readonly number[] {
  const places = Array.from(items.keys());
  const late = places.filter((position) => settled.isLate(position));
  return late.length === 0 ? places : [...places.filter((position) => !settled.isLate(position)), ...late];
}

async function rowsOf({ store, step, items, keyOf }: ChunkWork): Promise<ReadonlyMap<string, ItemRow>> {
  if (items.length === 0) return new Map();
  const keys = items.map((_, position) => keyOf(position));
  const page = await store.items({ ...step, keys }, { limit: keys.length });
  return new Map(page.rows.map((row) => [row.key, row]));
}
