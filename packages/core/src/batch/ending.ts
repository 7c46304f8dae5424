/** How one item ended, and the ledger row that says so. */
import { classOf } from "../model/error-class.ts";
import { ClassedError } from "../model/errors.ts";
import { messageOf } from "../model/message-of.ts";
import type { ItemOutcome } from "../model/settlement.ts";
import { itemText } from "./bad-item.ts";
import type { ChunkWork } from "./chunk-work.ts";
import type { Filtered } from "./filtered.ts";
import { refuseOwnCounters } from "./own-counters.ts";
import { judged } from "./skip-policy.ts";

/** How the item at a place of the chunk ended. */
export type Ending =
  | {
      readonly kind: "output";
      readonly position: number;
      readonly output: unknown;
      /** JSON text of the output, where the ledger keeps it. */
      readonly text: string | undefined;
    }
  | { readonly kind: "filtered"; readonly position: number; readonly filtered: Filtered | undefined }
  /** By its processor's own word. */
  | { readonly kind: "skipped"; readonly position: number; readonly reason: string }
  | FailedEnding;

/** An item that failed for good; what the step's policy makes of that is its state. */
export interface FailedEnding {
  readonly kind: "failed";
  readonly position: number;
  readonly error: unknown;
  readonly state: "failed" | "skipped";
  readonly stage: "read" | "process" | "write";
  /** The step's `failed` hook failed too, and is not called again. */
  readonly hookFailed?: true;
}

/** The ending of an item that failed for good. */
export function failedEnding(
  { rules, items }: ChunkWork,
  position: number,
  failure: { readonly error: unknown; readonly stage: FailedEnding["stage"] },
): FailedEnding {
  const { state, error } = judged(rules, items[position], failure.error);
  return { kind: "failed", position, error, state, stage: failure.stage };
}

/** The state the item's ledger row has, or would have. */
export function stateOf(ending: Ending): ItemOutcome["state"] {
  switch (ending.kind) {
    case "output":
      return "done";
    case "failed":
      return ending.state;
    default:
      return ending.kind;
  }
}

const NO_TALLY: Readonly<Record<string, number>> = Object.freeze({});

/** What the ending adds to the step's counters beside 1 for its state. */
export function tallyOf({ rules }: ChunkWork, ending: Ending): Readonly<Record<string, number>> {
  const tally = givenTally(rules, ending);
  refuseOwnCounters(tally, "a tally");
  return tally;
}

function givenTally({ tally }: ChunkWork["rules"], ending: Ending): Readonly<Record<string, number>> {
  if (ending.kind === "output") return tally(ending.output);
  return ending.kind === "filtered" ? (ending.filtered?.tally ?? NO_TALLY) : NO_TALLY;
}

/** The item's ledger row. */
export function outcomeOf(work: ChunkWork, ending: Ending): ItemOutcome {
  const key = work.keyOf(ending.position);
  const state = stateOf(ending);
  switch (ending.kind) {
    case "output": {
      const { text } = ending;
      return { key, state, tally: tallyOf(work, ending), ...(text === undefined ? {} : { output: text }) };
    }
    case "filtered": {
      const { filtered } = ending;
      if (filtered === undefined) return { key, state };
      return { key, state, reason: keepable(filtered.reason), tally: tallyOf(work, ending) };
    }
    case "skipped":
      return { key, state, stage: "process", reason: keepable(ending.reason), ...keptItem(work, ending) };
    case "failed":
      return { key, state, stage: ending.stage, ...describe(ending.error), ...keptItem(work, ending) };
  }
}

/** The item as its reader gave it: it came as JSON, so that it can be put so again. */
function keptItem({ items }: ChunkWork, { position }: Ending): Pick<ItemOutcome, "item"> {
  return itemText(items[position]);
}

const MAX_TEXT = 1_000;

/** What a ledger row says of an error. */
export function describe(error: unknown): { errorClass: string; reason: string; message: string } {
  const errorClass = classOf(error);
  return {
    errorClass,
    reason: keepable(error instanceof ClassedError ? error.reason : errorClass),
    message: keepable(messageOf(error)),
  };
}

/** What every store keeps of a text: bounded, no NUL, no half of a surrogate pair. */
export function keepable(text: string): string {
  // Programs without types leave reasons out.
  return String(text).slice(0, MAX_TEXT).toWellFormed().replaceAll("\0", "");
}
