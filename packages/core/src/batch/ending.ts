/** How one item ended, and the ledger row that says so. */
import { classOf } from "../model/error-class.ts";
import { ClassedError } from "../model/errors.ts";
import type { ItemOutcome } from "../model/settlement.ts";
import type { Filtered } from "./filtered.ts";
import type { ChunkStep } from "./one-step.ts";

/**
 * How one item ended. `stage` is where a failure happened: `process` unless said otherwise. `hookFailed`: the step's
 * `failed` hook failed too, and is not called again.
 */
export type Ending<Item, Output> =
  | { readonly kind: "output"; readonly item: Item; readonly output: Output }
  | { readonly kind: "filtered"; readonly item: Item; readonly filtered: Filtered }
  | {
      readonly kind: "failed";
      readonly item: Item;
      readonly error: unknown;
      readonly stage?: "write";
      readonly hookFailed?: true;
    };

/** The item's ledger row. */
export function outcomeOf<Params, Item, Prepared, Output>(
  step: ChunkStep<Params, Item, Prepared, Output>,
  ending: Ending<Item, Output>,
): ItemOutcome {
  const key = step.key(ending.item);
  switch (ending.kind) {
    case "output":
      return { key, state: "done", tally: step.tally?.(ending.output) ?? {} };
    case "filtered":
      return {
        key,
        state: "filtered",
        reason: keepable(ending.filtered.reason),
        tally: ending.filtered.tally,
      };
    case "failed":
      return { key, state: "failed", stage: ending.stage ?? "process", ...describe(ending.error) };
  }
}

const MAX_TEXT = 1_000;

function describe(error: unknown): Pick<ItemOutcome, "errorClass" | "reason" | "message"> {
  const errorClass = classOf(error);
  return {
    errorClass,
    reason: keepable(error instanceof ClassedError ? error.reason : errorClass),
    message: keepable(error instanceof Error ? error.message : String(error)),
  };
}

/** What every store keeps of a text: bounded, no NUL, no half of a surrogate pair. */
export function keepable(text: string): string {
  return text.slice(0, MAX_TEXT).toWellFormed().replaceAll("\0", "");
}
