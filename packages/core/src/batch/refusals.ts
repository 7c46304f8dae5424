/** Tells refusals of a write that no item is to blame for: a table that is missing, a right, a call against the rules. */
import { type ErrorCode, MillraceError } from "../model/errors.ts";
import { isOfStatement, sqlStateOf } from "../model/sql-state.ts";
import { HIDDEN_PREFIX } from "./own-counters.ts";

/** The counter of a step's chunks that were given up for such a refusal; hidden from people. */
export const REFUSED: string = `${HIDDEN_PREFIX}refused`;

/** So many items refused alone, and none accepted, are proof. */
const PROOF = 3;
const OF_PROGRAM: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["bad-config", "bad-usage", "unsupported"]);

/** What the writes of one attempt of a chunk have come to. */
export class Refusals {
  #accepted: boolean;
  #alone = 0;
  #proven: unknown;

  /** `accepted`: whether an attempt before has settled items. */
  constructor({ accepted }: { readonly accepted: boolean }) {
    this.#accepted = accepted;
  }

  /** Something was written: what is refused after that may be for what it is. */
  accepted(): void {
    this.#accepted = true;
  }

  /** Whether a refusal is proven to be of any item, now that so many items were refused together. */
  proves(error: unknown, items: number): boolean {
    if (this.#accepted || items > 1 || !isOfAnyItem(error)) return false;
    this.#alone += 1;
    if (this.#alone < PROOF) return false;
    this.#proven = error;
    return true;
  }

  /**
   * How many items are to be tried alone, to see whether such a refusal is of any item. Asked anew in every attempt: that
   * the cause may have passed is what the attempt is for, and then what is refused is so for an item's sake.
   */
  wanting(error: unknown): number {
    return this.#accepted || !isOfAnyItem(error) ? 0 : PROOF - this.#alone;
  }

  /** Whether this is the refusal that was proven. */
  isProven(error: unknown): boolean {
    return this.#proven !== undefined && this.#proven === error;
  }
}

function isOfAnyItem(error: unknown): boolean {
  if (error instanceof MillraceError && OF_PROGRAM.has(error.code)) return true;
  return isOfStatement(sqlStateOf(error));
}
