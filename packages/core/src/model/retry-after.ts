/** When a failure itself says when to come back. */
import { type Duration, durationMs } from "./duration.ts";
import { causesOf, fieldOf } from "./error-class.ts";
import { ClassedError } from "./errors.ts";

/** No failure puts off its job for longer. */
const MAX_RETRY_AFTER_MS = 86_400_000;
const DEFAULT_MESSAGE = "to be tried again later";

/**
 * Thrown by a handler that knows when to try again: sets the delay as it is given, at most 24 h, past the policy's
 * `max` and without jitter. It counts as an attempt, of class rate-limited.
 */
export class RetryAfterError extends ClassedError {
  readonly delayMs: number;

  /** @throws MillraceError `bad-config` for what is no duration. */
  constructor(delay: Duration, message: string = DEFAULT_MESSAGE, cause?: unknown) {
    super("rate-limited", "retry-after", message, cause);
    this.name = "RetryAfterError";
    this.delayMs = durationMs(delay, "RetryAfterError.delay");
  }
}

/**
 * The ms an error asks for, at most 24 h: by being a {@link RetryAfterError}, or by `retry-after-ms` or `retry-after`
 * (RFC 9110, 10.2.3) among the headers of its response, its own or its causes'. A date counts from the response's own
 * `date`, else from `nowMs`. `undefined` where it asks for nothing that can be read.
 */
export function retryAfterMs(error: unknown, nowMs: number | undefined): number | undefined {
  for (const each of causesOf(error)) {
    const ms = each instanceof RetryAfterError ? each.delayMs : ofHeaders(each, nowMs);
    if (ms !== undefined) return Math.min(Math.max(0, Math.round(ms)), MAX_RETRY_AFTER_MS);
  }
  return undefined;
}

function ofHeaders(error: unknown, nowMs: number | undefined): number | undefined {
  for (const headers of [fieldOf(fieldOf(error, "response"), "headers"), fieldOf(error, "headers")]) {
    const ms = numberOf(headerOf(headers, "retry-after-ms"));
    if (ms !== undefined) return ms;
    const text = headerOf(headers, "retry-after");
    const seconds = numberOf(text);
    if (seconds !== undefined) return seconds * 1_000;
    const atMs = dateOf(text);
    const fromMs = dateOf(headerOf(headers, "date")) ?? nowMs;
    if (atMs !== undefined && fromMs !== undefined) return atMs - fromMs;
  }
  return undefined;
}

/** Of a `Headers`, or of a plain object in whatever case. */
function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const get = fieldOf(headers, "get");
  const value: unknown = typeof get === "function" ? get.call(headers, name) : entryOf(headers, name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" || typeof first === "number" ? String(first).trim() : undefined;
}

function entryOf(headers: object, name: string): unknown {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Only what names a month: `Date.parse` makes dates of nearly anything. */
function dateOf(text: string | undefined): number | undefined {
  const ms = text !== undefined && /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
