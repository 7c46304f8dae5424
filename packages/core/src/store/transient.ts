/** What trouble with a call means for sending it again. */
import { type ErrorCode, MillraceError } from "../model/errors.ts";

/**
 * `passing`: infrastructure, which may recover; nobody knows whether the call took effect. `refused`: the store would
 * not do it, perhaps for this moment only (a deadlock), perhaps for one bad member. `hopeless`: it never will.
 */
export type Trouble = "passing" | "refused" | "hopeless";

const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "deadline-exceeded",
  "store-full",
  "store-locked",
  "store-unreachable",
]);

/**
 * How bad an error of a store call is. A write is sent again under the same ids and write numbers, which stores answer
 * without doing it twice.
 */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof MillraceError) || error.code === "store-failed") return "refused";
  return PASSING.has(error.code) ? "passing" : "hopeless";
}
