/** What is known of a chunk while it runs. */
import type { JobContext } from "../job/context.ts";
import { isRetried } from "../model/retry.ts";
import type { StepRef } from "../model/settlement.ts";
import type { Store } from "../store/store.ts";
import type { BatchDefinition } from "./one-step.ts";

/** What one attempt of a chunk works with. */
export interface ChunkWork<Params, Item, Prepared, Output> {
  readonly definition: BatchDefinition<Params, Item, Prepared, Output>;
  readonly params: Params;
  readonly store: Store;
  readonly items: readonly Item[];
  readonly step: StepRef;
}

/** Whether the step's policy gives a failure in this attempt another one. */
export function isWorthRetrying<Params, Item, Prepared, Output>(
  work: ChunkWork<Params, Item, Prepared, Output>,
  ctx: JobContext,
  error: unknown,
): boolean {
  return isRetried(work.definition.step.retry, { error, attempt: ctx.attempt });
}
