/** The one error type of millrace, its codes, and the classes that retry policies speak of. */

/** Why an attempt failed, in the words retry policies use. */
export const ERROR_CLASSES = [
  "timeout",
  "connection",
  "rate-limited",
  "validation",
  "permission",
  "not-found",
  "crashed",
  "cancelled",
  "processing",
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/** Every code millrace raises. `docs/reference/errors.md` has a row for each. */
export type ErrorCode =
  | "bad-config"
  | "bad-input"
  | "bad-usage"
  | "children-lost"
  | "collection-mismatch"
  | "conflict"
  | "deadline-exceeded"
  | "duplicate"
  | "handler-stuck"
  | "job-cancelled"
  | "job-failed"
  | "lease-lost"
  | "model-unreachable"
  | "never-idle"
  | "no-handler"
  | "not-found"
  | "not-serialisable"
  | "queue-full"
  | "schema-mismatch"
  | "store-closed"
  | "store-failed"
  | "store-full"
  | "store-locked"
  | "store-unreachable"
  | "too-large"
  | "unsupported";

/** What a {@link MillraceError} carries beside its message. */
export interface ErrorInit {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Misuse, broken infrastructure or a bug. Expected results (`fenced`, `duplicate`, `not-found`) are values instead.
 * The message says what failed, on what, and what to do.
 */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, init: ErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = "MillraceError";
    this.code = code;
    this.details = init.details ?? {};
  }
}

/** A failure that says itself how retry should treat it: its class, and a finer reason for reports. */
export class ClassedError extends Error {
  readonly errorClass: ErrorClass;
  readonly reason: string;

  constructor(errorClass: ErrorClass, reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ClassedError";
    this.errorClass = errorClass;
    this.reason = reason;
  }
}

/** Thrown by a handler whose failure no retry can mend: the job goes straight to `dead`. */
export class UnrecoverableError extends ClassedError {
  constructor(message: string, cause?: unknown) {
    super("processing", "unrecoverable", message, cause);
    this.name = "UnrecoverableError";
  }
}
