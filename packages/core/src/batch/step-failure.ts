/** Whether the items that failed or were skipped fail their step, in this execution of it. Pure. */
import type { ChunkStep } from "./chunk-step.ts";
import { REFUSED } from "./refusals.ts";
import { type StepFailure, verdict } from "./skip-policy.ts";

/** What had been skipped and had failed when the execution began. */
export interface ItemsBefore {
  readonly skipped: number;
  /** With ledger level `none` those that have no rows. */
  readonly failed: number;
  /** Chunks that had been given up for refusals that no item was to blame for; left out where there were none. */
  readonly refused?: number | undefined;
}

/** What fails a step whose writes are refused so. */
export const WRITE_REFUSED: StepFailure = Object.freeze({
  class: "processing",
  reason: "write-refused",
  message: "writing was refused for what no item is to blame for",
});

/**
 * What fails the step. Items skipped before this execution do not count again; failed ones do, for they have been run
 * again by then, but those that the ledger has no rows of cannot be.
 */
export function stepFailure(
  chunks: Pick<ChunkStep, "skipLimit" | "onFailure" | "ledger">,
  counters: Readonly<Record<string, number>>,
  before: ItemsBefore,
): StepFailure | undefined {
  if (isRefused(counters, before)) return WRITE_REFUSED;
  const { skipped = 0, failed = 0 } = counters;
  const own = {
    ...counters,
    skipped: skipped - before.skipped,
    failed: chunks.ledger === "none" ? failed - before.failed : failed,
  };
  const judged = verdict(own, chunks);
  return judged.kind === "fail" ? judged.failure : undefined;
}

/** Whether the step's writes are refused for what no item is to blame for, so that running further ones is of no use. */
export function isRefused(counters: Readonly<Record<string, number>>, { refused = 0 }: ItemsBefore): boolean {
  return (counters[REFUSED] ?? 0) > refused;
}
