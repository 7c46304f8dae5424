/** Telling failures of the store itself from failures of what it was asked to keep. */
import { type ErrorCode, MillraceError } from "../model/errors.ts";

const STORE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "deadline-exceeded",
  "lease-lost",
  "store-closed",
  "store-full",
  "store-locked",
  "store-unreachable",
]);

/** Whether the store is what failed, and not the value or the statement it was given (`store-failed`). */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof MillraceError && STORE_CODES.has(error.code);
}
