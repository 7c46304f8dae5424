/** When a failed attempt is tried again: policies, presets and the delay they give. */
import { ClassedError, type ErrorClass, UnrecoverableError } from "./errors.ts";
import type { Priority } from "./job.ts";

/** `delay = min(initial · multiplier^(attempt−1), max)`, then jittered. All durations in ms. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialMs: number;
  readonly multiplier: number;
  readonly maxMs: number;
  /** `full`: uniform in [0, delay]; `equal`: uniform in [delay/2, delay]. */
  readonly jitter: "none" | "full" | "equal";
  /** Classes that are not tried again, beside validation, permission and not-found. */
  readonly deadOn?: readonly ErrorClass[] | undefined;
}

/** The presets that options name. */
export const RETRY_PRESETS: Readonly<Record<"default" | "aggressive" | "none", RetryPolicy>> = Object.freeze({
  default: { maxAttempts: 3, initialMs: 1_000, multiplier: 2, maxMs: 300_000, jitter: "full" },
  aggressive: { maxAttempts: 5, initialMs: 500, multiplier: 2, maxMs: 30_000, jitter: "full" },
  none: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" },
});
export type RetryPreset = keyof typeof RETRY_PRESETS;

const PRESET_BY_PRIORITY: Readonly<Record<Priority, RetryPreset>> = {
  critical: "aggressive",
  high: "default",
  default: "default",
  low: "default",
  bulk: "none",
};

/** The policy of a job that names none. */
export function policyOf(priority: Priority): RetryPolicy {
  return RETRY_PRESETS[PRESET_BY_PRIORITY[priority]];
}

const NEVER_AGAIN: ReadonlySet<ErrorClass> = new Set(["validation", "permission", "not-found"]);
/** 2^60 is past any `maxMs`; a capped exponent keeps the power finite at any attempt number. */
const MAX_EXPONENT = 60;

/** The delay in ms before the next attempt, or `undefined` where there is none. `random` in [0, 1). */
export function retryDelayMs(
  policy: RetryPolicy,
  failure: { readonly error: unknown; readonly attempt: number },
  random: () => number,
): number | undefined {
  const errorClass = classOf(failure.error);
  if (failure.error instanceof UnrecoverableError || NEVER_AGAIN.has(errorClass)) return undefined;
  if (policy.deadOn?.includes(errorClass) || failure.attempt >= policy.maxAttempts) return undefined;
  const power = policy.multiplier ** Math.min(failure.attempt - 1, MAX_EXPONENT);
  const delay = Math.min(policy.initialMs * power, policy.maxMs);
  switch (policy.jitter) {
    case "none":
      return Math.round(delay);
    case "full":
      return Math.round(random() * delay);
    case "equal":
      return Math.round(delay / 2 + (random() * delay) / 2);
  }
}

const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
]);

/** The class of anything thrown: its own word, else by well-known names and codes, else `processing`. */
export function classOf(error: unknown): ErrorClass {
  if (error instanceof ClassedError) return error.errorClass;
  if (!(error instanceof Error)) return "processing";
  if (error.name === "TimeoutError") return "timeout";
  const code = "code" in error ? error.code : undefined;
  if (code === "ETIMEDOUT") return "timeout";
  if (code === "ENOENT") return "not-found";
  if (code === "EACCES" || code === "EPERM") return "permission";
  return typeof code === "string" && CONNECTION_CODES.has(code) ? "connection" : "processing";
}
