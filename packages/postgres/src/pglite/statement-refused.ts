/** How a refused statement leaves the code that ran it. */
import type { SqlFailure } from "../sql-failure.ts";

/** A statement refused by the database; the connection is fine. */
export class StatementRefused extends Error {
  readonly failure: SqlFailure;

  constructor(failure: SqlFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
