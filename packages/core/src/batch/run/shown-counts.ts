/** Counters as people read them: how many items were read, processed, written and so on, from what the ledger counts. */
import { shownCounters } from "../chunk-measures.ts";
import type { ChunkResult } from "../pipeline/pipeline.ts";

/** The counters of a chunk step: the seven of every step, and those of its reader and its outputs. */
export function shownCounts(counters: Readonly<Record<string, number>>): ChunkResult {
  const { done = 0, sealed: _sealed, ...own } = shownCounters(counters);
  const { read = 0, filtered = 0, skipped = 0, failed = 0, retried = 0 } = own;
  return {
    ...own,
    ...{ read, filtered, skipped, failed, retried },
    processed: done + filtered,
    written: done,
  };
}
