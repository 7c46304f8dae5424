/** The one error for transactions on a store without them. */
import { MillraceError } from "../model/errors.ts";

/** `what` says who asked for a transaction. */
export function noTransactions(what: string): MillraceError {
  return new MillraceError(
    "unsupported",
    `${what}, and this store has no transactions; use PostgreSQL or an embedded store`,
  );
}
