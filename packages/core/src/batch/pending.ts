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

/**
 * Reads where the chunk stands: from its ledger rows where each ending leaves one, else from its checkpoint. In a chunk
 * whose items run again because they failed, and in one that an operator has run again, a failed row of another job is
 * what is to be replaced: such chunks leave all rows.
 */
export async function standingOf(work: ChunkWork, ctx: JobContext): Promise<Standing> {
  const { ledger: level } = work.rules;
  const settled = new Settled(work.items.length, ctx.checkpoint);
  const replaces = work.isRetry || ctx.job.generation > 1;
  if (!replaces && level !== "all") {
    const pending = pendingOf(work, settled, (position) => settled.has(position));
    return { pending, unrecorded: pending, repeated: 0, level, settled };
  }
  const rows = await rowsOf(work);
  const repeated = replaces ? NONE : repeatedIn(work, rows, ctx.job.id);
  const rowAt = (position: number) => rows.get(work.keyOf(position));
  const pending = pendingOf(work, settled, (position) => {
    if (repeated.has(position)) return true;
    const row = rowAt(position);
    if (row === undefined) return settled.has(position);
    return row.state !== "failed" || row.job === ctx.job.id || !replaces;
  });
  const unrecorded = pending.filter((position) => rowAt(position) === undefined);
  return { pending, unrecorded, repeated: repeated.size, level: "all", settled };
}

const NONE: ReadonlySet<number> = new Set();

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

function pendingOf(
  { items }: ChunkWork,
  settled: Settled,
  isSettled: (position: number) => boolean,
): readonly number[] {
  const pending = Array.from(items.keys()).filter((position) => !isSettled(position));
  const late = pending.filter((position) => settled.isLate(position));
  if (late.length === 0) return pending;
  return [...pending.filter((position) => !settled.isLate(position)), ...late];
}

async function rowsOf({ store, step, items, keyOf }: ChunkWork): Promise<ReadonlyMap<string, ItemRow>> {
  if (items.length === 0) return new Map();
  const keys = items.map((_, position) => keyOf(position));
  const page = await store.items({ ...step, keys }, { limit: keys.length });
  return new Map(page.rows.map((row) => [row.key, row]));
}
