/** What a group of endings adds to the ledger, the counters and the chunk's checkpoint: the parts of one write. */
import type { WriteParts } from "../job/control.ts";
import type { ItemOutcome } from "../model/settlement.ts";
import type { ChunkWork } from "./chunk-work.ts";
import type { LedgerLevel } from "./definition.ts";
import { type Ending, outcomeOf, stateOf, tallyOf } from "./ending.ts";
import type { Settled } from "./settled.ts";

/** Whose endings they are. */
export interface LedgerPlace {
  readonly work: ChunkWork;
  /** Which endings leave rows. */
  readonly level: LedgerLevel;
  readonly settled: Settled;
}

/**
 * With level `all` each ending is a row, and rows tell which items are settled. Else those without a row are counted,
 * and the checkpoint tells which are settled; all of it is one write, so that no item is counted twice.
 */
export function ledgerParts({ work, level, settled }: LedgerPlace, group: readonly Ending[]): WriteParts {
  const { step } = work;
  if (level === "all") return { step, items: group.map((ending) => outcomeOf(work, ending)) };
  const items: ItemOutcome[] = [];
  const counters: Record<string, number> = {};
  for (const ending of group) {
    const state = stateOf(ending);
    if (level === "failures" && (state === "failed" || state === "skipped"))
      items.push(outcomeOf(work, ending));
    else count(counters, state, tallyOf(work, ending));
  }
  // Of the last group too: a chunk that has ended may be run again by an operator.
  return { step, items, counters, checkpoint: settled.textWith(positionsOf(group)) };
}

/** The places of the endings' items. */
export function positionsOf(group: readonly Ending[]): readonly number[] {
  return group.map((ending) => ending.position);
}

function count(
  counters: Record<string, number>,
  state: ItemOutcome["state"],
  tally: Readonly<Record<string, number>>,
): void {
  counters[state] = (counters[state] ?? 0) + 1;
  for (const [name, by] of Object.entries(tally)) counters[name] = (counters[name] ?? 0) + by;
}
