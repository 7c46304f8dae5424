/** Telling infrastructure that may recover from calls that can never succeed. */
import { type ErrorCode, MillraceError } from "../model/errors.ts";

const PERMANENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "bad-config",
  "bad-input",
  "bad-usage",
  "not-serialisable",
  "schema-mismatch",
  "store-closed",
  "too-large",
  "unsupported",
]);

/**
 * Whether the same call may succeed later. After such an error nobody knows whether the call took effect: a write is
 * sent again under the same ids and write numbers, which stores answer without doing it twice.
 */
export function isTransient(error: unknown): boolean {
  return !(error instanceof MillraceError && PERMANENT.has(error.code));
}
