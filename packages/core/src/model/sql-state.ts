/** What a database says of a statement it refused, by its SQLSTATE. */
import { causesOf, fieldOf } from "./error-class.ts";
import { MillraceError } from "./errors.ts";

/** The SQLSTATE that a store, or a PostgreSQL library of the program's own, has given an error or one of its causes. */
export function sqlStateOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    const state = cause instanceof MillraceError ? cause.details["sqlState"] : ownState(cause);
    if (typeof state === "string") return state;
  }
  return undefined;
}

/** Errors of other kinds have codes too, but no severity beside one. */
function ownState(error: unknown): unknown {
  return fieldOf(error, "severity") === undefined ? undefined : fieldOf(error, "code");
}

/** Undone for others' sake, out of resources, not to be had now. */
const PASSING = /^(40|53|55P03)/;
/** Not supported, no such schema; what the statement names, is or may do. */
const OF_STATEMENT = /^(0A|3F|42)/;

/** Whether the database would take the same statement at another time. */
export function isPassingState(state: string | undefined): boolean {
  return state !== undefined && PASSING.test(state);
}

/** Whether the database would take no such statement, whatever the values. */
export function isOfStatement(state: string | undefined): boolean {
  return state !== undefined && OF_STATEMENT.test(state);
}
