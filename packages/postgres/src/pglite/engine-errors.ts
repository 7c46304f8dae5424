/** What goes wrong with an embedded database as a whole, each in one line that says what to do. */
import { MillraceError } from "@millrace/core";

/** The disk holding the data has no room. */
export function storeFull(where: string): MillraceError {
  return new MillraceError(
    "store-full",
    `The disk of the store at ${where} is full. Free some space and try again; nothing committed is lost.`,
    { details: { where } },
  );
}

/** A statement did not end in time; its thread was ended. */
export function deadlineExceeded(where: string, limitMs: number): MillraceError {
  return new MillraceError(
    "deadline-exceeded",
    `The store at ${where} gave no answer within ${limitMs} ms. It is opened anew for the next call; nothing committed is lost.`,
    { details: { where, limitMs } },
  );
}

/** The thread ended by itself. */
export function threadFailed(where: string, cause?: unknown): MillraceError {
  const why = cause instanceof Error ? `: ${cause.message}` : typeof cause === "string" ? `: ${cause}` : "";
  return new MillraceError(
    "store-failed",
    `The embedded database at ${where} stopped${why}. It is opened anew for the next call; nothing committed is lost.`,
    { cause, details: { where } },
  );
}

/** The database did not start. */
export function notOpened(
  where: string,
  why: { readonly reason: string; readonly isMissing: boolean },
): MillraceError {
  if (why.isMissing) {
    return new MillraceError(
      "bad-config",
      "The embedded store needs PGlite, which is not installed. Run: npm install @electric-sql/pglite@0.5.14 @electric-sql/pglite-pgvector@0.0.15",
      { details: { where, reason: why.reason } },
    );
  }
  return new MillraceError("store-failed", `The embedded database at ${where} did not start: ${why.reason}`, {
    details: { where },
  });
}

/** The store's directory cannot be made, read or written. */
export function unusableDirectory(where: string, cause: unknown): MillraceError {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOSPC") return storeFull(where);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError(
    "store-unreachable",
    `The directory ${where} cannot hold a store: ${why}. Check the path and who may write there.`,
    { cause, details: { where } },
  );
}

/** The client was closed. */
export function storeClosed(where: string): MillraceError {
  return new MillraceError("store-closed", `The store at ${where} is closed.`, { details: { where } });
}
