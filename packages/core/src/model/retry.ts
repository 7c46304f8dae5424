/** When a failed attempt is tried again: policies, presets and the delay they give. */
import { type Duration, durationMs } from "./duration.ts";
import { classOf } from "./error-class.ts";
import { type ErrorClass, MillraceError, UnrecoverableError } from "./errors.ts";
import type { Priority } from "./job.ts";
import { retryAfterMs } from "./retry-after.ts";

/** How delays grow where they are data. */
export const BACKOFFS = ["exponential", "linear", "fixed"] as const;
export type Backoff = (typeof BACKOFFS)[number];

/**
 * A policy that is data only, so that a single job can carry it. All durations in ms. The delay after attempt n, at
 * most `maxMs`, then jittered: exponential `initial · multiplier^(n−1)`, linear `initial · n`, fixed `initial`.
 */
export interface RetryPolicy {
  readonly maxAttempts: number;
  /** `exponential` where left out. */
  readonly backoff?: Backoff | undefined;
  readonly initialMs: number;
  readonly multiplier: number;
  readonly maxMs: number;
  /** `full`: uniform in [0, delay]; `equal`: uniform in [delay/2, delay]. */
  readonly jitter: "none" | "full" | "equal";
  /** The only classes that are tried again. */
  readonly retryOn?: readonly ErrorClass[] | undefined;
  /** Classes that are not tried again, beside validation, permission and not-found. */
  readonly deadOn?: readonly ErrorClass[] | undefined;
}

/** Gives the delay after a failed attempt, counted from 1, as it is to be: neither `max` nor jitter change it. */
export type BackoffFunction = (attempt: number, error: unknown) => Duration;
/** Whether a failure that everything else in the policy would try again is tried again. */
export type RetryIf = (error: unknown, attempt: number) => boolean;

/** A policy with what only a definition can say: functions. */
export interface DefinedRetryPolicy extends RetryPolicy {
  readonly delay?: BackoffFunction | undefined;
  readonly retryIf?: RetryIf | undefined;
}

/** A failed attempt, counted from 1. `nowMs`: for failures that name the date to come back at. */
export interface Failure {
  readonly error: unknown;
  readonly attempt: number;
  readonly nowMs?: number | undefined;
}

/** The presets that options name. */
export const RETRY_PRESETS: Readonly<Record<"default" | "aggressive" | "none", RetryPolicy>> = Object.freeze({
  default: { maxAttempts: 3, initialMs: 1_000, multiplier: 2, maxMs: 300_000, jitter: "full" },
  aggressive: { maxAttempts: 5, initialMs: 500, multiplier: 2, maxMs: 30_000, jitter: "full" },
  none: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" },
});
export type RetryPreset = keyof typeof RETRY_PRESETS;

/** The preset of jobs that name no policy, by class. */
export const PRESET_BY_PRIORITY: Readonly<Record<Priority, RetryPreset>> = Object.freeze({
  critical: "aggressive",
  high: "default",
  default: "default",
  low: "default",
  bulk: "none",
});

/** The policy of a job that names none. */
export function policyOf(priority: Priority): RetryPolicy {
  return RETRY_PRESETS[PRESET_BY_PRIORITY[priority]];
}

/** Classes that no policy tries again. */
export const NEVER_AGAIN: ReadonlySet<ErrorClass> = new Set(["validation", "permission", "not-found"]);
/** 2^60 is past any `maxMs`; a capped exponent keeps the power finite at any attempt number. */
const MAX_EXPONENT = 60;
/** No delay is longer: what comes of overflow, or of a function, is still a date that every store can hold. */
const MAX_DELAY_MS = 365 * 86_400_000;

/** Whether the policy gives the failure another attempt. @throws what `retryIf` throws. */
export function isRetried(policy: DefinedRetryPolicy, { error, attempt }: Failure): boolean {
  if (attempt >= policy.maxAttempts || error instanceof UnrecoverableError) return false;
  const errorClass = classOf(error);
  if (NEVER_AGAIN.has(errorClass) || policy.deadOn?.includes(errorClass)) return false;
  if (policy.retryOn !== undefined && !policy.retryOn.includes(errorClass)) return false;
  const isWanted: unknown = policy.retryIf?.(error, attempt) ?? true;
  if (typeof isWanted === "boolean") return isWanted;
  throw new MillraceError("bad-config", "retryIf gives true or false, at once; it gave something else");
}

/**
 * The delay in ms before the next attempt, or `undefined` where there is none. `random` in [0, 1). A failure that says
 * when to come back ({@link retryAfterMs}) has its way.
 * @throws what the policy's functions throw; MillraceError `bad-config` where they give nonsense.
 */
export function retryDelayMs(
  policy: DefinedRetryPolicy,
  failure: Failure,
  random: () => number,
): number | undefined {
  if (!isRetried(policy, failure)) return undefined;
  const asked = retryAfterMs(failure.error, failure.nowMs);
  if (asked !== undefined) return asked;
  const own = policy.delay?.(failure.attempt, failure.error);
  const delayMs =
    own === undefined ? planned(policy, failure.attempt) : durationMs(own, "what retry.backoff gave");
  const bounded = Math.min(delayMs, MAX_DELAY_MS);
  return Math.round(own === undefined ? jittered(policy.jitter, bounded, random) : bounded);
}

function planned(policy: RetryPolicy, attempt: number): number {
  const { initialMs, multiplier, maxMs } = policy;
  const backoff: Backoff = policy.backoff ?? "exponential";
  // 0 times a power that is too large for a number would be no number.
  if (initialMs === 0) return 0;
  switch (backoff) {
    case "exponential":
      return Math.min(initialMs * multiplier ** Math.min(attempt - 1, MAX_EXPONENT), maxMs);
    case "linear":
      return Math.min(initialMs * attempt, maxMs);
    case "fixed":
      return Math.min(initialMs, maxMs);
  }
}

function jittered(jitter: RetryPolicy["jitter"], delayMs: number, random: () => number): number {
  switch (jitter) {
    case "none":
      return delayMs;
    case "full":
      return random() * delayMs;
    case "equal":
      return delayMs / 2 + (random() * delayMs) / 2;
  }
}
