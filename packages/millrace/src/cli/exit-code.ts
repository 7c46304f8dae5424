/** What the command's end says to the shell: one table from error codes to exit codes. */
import { type ErrorCode, MillraceError, type RunState } from "@millrace/core";

/** Exit codes, by what they mean. */
export const EXIT: Readonly<Record<ExitName, number>> = Object.freeze({
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  failed: 4,
  partial: 5,
  timedOut: 6,
  notAllowed: 7,
  unreachable: 8,
  conflict: 9,
  full: 10,
  interrupted: 130,
});
type ExitName =
  | "ok"
  | "error"
  | "usage"
  | "notFound"
  | "failed"
  | "partial"
  | "timedOut"
  | "notAllowed"
  | "unreachable"
  | "conflict"
  | "full"
  | "interrupted";

const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  "bad-config": EXIT.usage,
  "bad-input": EXIT.usage,
  "bad-usage": EXIT.usage,
  "children-lost": EXIT.error,
  "collection-mismatch": EXIT.conflict,
  conflict: EXIT.conflict,
  "deadline-exceeded": EXIT.timedOut,
  duplicate: EXIT.conflict,
  "handler-stuck": EXIT.error,
  "job-cancelled": EXIT.failed,
  "job-failed": EXIT.failed,
  "lease-lost": EXIT.error,
  "model-unreachable": EXIT.unreachable,
  "never-idle": EXIT.error,
  "no-handler": EXIT.error,
  "not-found": EXIT.notFound,
  "not-serialisable": EXIT.usage,
  "queue-full": EXIT.conflict,
  "schema-mismatch": EXIT.conflict,
  "store-closed": EXIT.unreachable,
  "store-failed": EXIT.error,
  "store-full": EXIT.full,
  "store-locked": EXIT.conflict,
  "store-unreachable": EXIT.unreachable,
  "too-large": EXIT.usage,
  unsupported: EXIT.usage,
};

/** The exit code of an error that ended the command. */
export function exitCodeOf(error: unknown): number {
  return error instanceof MillraceError ? BY_CODE[error.code] : EXIT.error;
}

/** The exit code of a command that waited for a run. */
export function exitCodeOfRun(state: RunState): number {
  switch (state) {
    case "completed":
      return EXIT.ok;
    case "partial":
      return EXIT.partial;
    case "failed":
    case "cancelled":
      return EXIT.failed;
    case "starting":
    case "running":
    case "paused":
    case "cancelling":
      return EXIT.error;
  }
}
