/** What goes wrong on the way to a PostgreSQL server, each in one line that names it and says what to do. */
import { MillraceError } from "@millrace/core";
import { type DatabaseErrorLike, sqlError, toSqlFailure } from "../sql-failure.ts";

/** read_only_sql_transaction */
const READ_ONLY = "25006";

/** What a caller sees of an error of the driver: the server's refusal by its SQLSTATE, everything else as unreachable. */
export function pgError(error: unknown, where: string): MillraceError {
  if (error instanceof MillraceError) return error;
  if (isRefusal(error)) return sqlError(toSqlFailure(error), where, error);
  return new MillraceError(
    "store-unreachable",
    `The store at ${where} cannot be reached: ${reasonOf(error)}. Check that the server runs and that the URL is right.`,
    { cause: error, details: { where } },
  );
}

/**
 * The same, on a connection of our own: a server that takes no writes is one to turn away from. After a failover its
 * address, or the next connection, leads to the writer.
 */
export function connectionError(error: unknown, where: string): MillraceError {
  if (!isRefusal(error) || error.code !== READ_ONLY) return pgError(error, where);
  return new MillraceError(
    "store-unreachable",
    `The store at ${where} takes no writes: ${error.message} (SQLSTATE ${READ_ONLY}). It is a standby or was set read-only; calls go on once the address leads to a server that writes.`,
    { cause: error, details: { ...toSqlFailure(error), where } },
  );
}

/** All connections of the pool were in use for too long. Nothing ran: trying again is safe. */
export function poolExhausted(
  where: string,
  limits: { readonly size: number; readonly waitedMs: number },
): MillraceError {
  return new MillraceError(
    "store-unreachable",
    `All ${limits.size} connections to ${where} were in use for ${limits.waitedMs} ms. Try again, raise store.poolSize or shorten transactions.`,
    { details: { where, reason: "pool-exhausted", ...limits } },
  );
}

/** The server did not answer a statement in time; it was asked to stop it. */
export function statementTooLong(where: string, limitMs: number): MillraceError {
  return new MillraceError(
    "deadline-exceeded",
    `The store at ${where} gave no answer within ${limitMs} ms; whether the statement took effect is not known.`,
    { details: { where, limitMs } },
  );
}

/** The client was closed. */
export function clientClosed(where: string): MillraceError {
  return new MillraceError("store-closed", `The store at ${where} is closed.`, { details: { where } });
}

/** The server is older than what is tested. */
export function tooOld(where: string, version: string): MillraceError {
  return new MillraceError(
    "unsupported",
    `The store at ${where} is PostgreSQL ${version}; millrace needs 15 or newer. Upgrade the server or use another store.`,
    { details: { where, version } },
  );
}

/** Node's and the driver's own errors have other codes or none; a SQLSTATE has five characters. */
function isRefusal(error: unknown): error is Error & DatabaseErrorLike {
  return (
    error instanceof Error &&
    "code" in error &&
    /^[0-9A-Z]{5}$/.test(String(error.code)) &&
    "severity" in error
  );
}

/** Trying several addresses of one host gives an AggregateError without a message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
