/** Whether the items that failed or were skipped fail their step, in this execution of it. Pure. */
import type { ChunkStep } from "./chunk-step.ts";
import { type StepFailure, verdict } from "./skip-policy.ts";

/** What had been skipped and had failed when the execution began. */
export interface ItemsBefore {
  readonly skipped: number;
  readonly failed: number;
}

/**
 * What fails the step. Items skipped before this execution do not count again; failed ones do, for they have been run
 * again by then, but where the ledger keeps no rows they cannot be.
 */
export function stepFailure(
  chunks: Pick<ChunkStep, "skipLimit" | "onFailure" | "ledger">,
  counters: Readonly<Record<string, number>>,
  before: ItemsBefore,
): StepFailure | undefined {
  const { skipped = 0, failed = 0 } = counters;
  const own = {
    ...counters,
    skipped: skipped - before.skipped,
    failed: chunks.ledger === "none" ? failed - before.failed : failed,
  };
  const judged = verdict(own, chunks);
  return judged.kind === "fail" ? judged.failure : undefined;
}
