/** What is known of a chunk while it runs. */
import type { StepRef } from "../model/settlement.ts";
import type { Store } from "../store/store.ts";
import type { BatchDefinition } from "./definition.ts";

/** What one attempt of a chunk works with. */
export interface ChunkWork<Params, Item, Prepared, Output> {
  readonly definition: BatchDefinition<Params, Item, Prepared, Output>;
  readonly params: Params;
  readonly store: Store;
  readonly items: readonly Item[];
  readonly step: StepRef;
}
