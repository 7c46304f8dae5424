/** Retry as options spell it, made into a policy. */

import { type Duration, durationMs } from "../model/duration.ts";
import type { ErrorClass } from "../model/errors.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import { RETRY_PRESETS, type RetryPolicy, type RetryPreset } from "../model/retry.ts";

/** A policy of one's own; what is left out is as in the preset `default`. */
export interface RetryOptions {
  readonly maxAttempts?: number | undefined;
  readonly initial?: Duration | undefined;
  readonly multiplier?: number | undefined;
  readonly max?: Duration | undefined;
  readonly jitter?: RetryPolicy["jitter"] | undefined;
  /** Classes that are not tried again, beside validation, permission and not-found. */
  readonly deadOn?: readonly ErrorClass[] | undefined;
}

/** A preset's name, or a policy. */
export type RetryOption = RetryPreset | RetryOptions;

const KEYS: readonly (keyof RetryOptions)[] = [
  "maxAttempts",
  "initial",
  "multiplier",
  "max",
  "jitter",
  "deadOn",
];
const JITTERS: readonly unknown[] = ["none", "full", "equal"];

/** The policy an option means. @throws MillraceError `bad-config` naming the option and the bad value. */
export function retryPolicy(option: RetryOption, what: string): RetryPolicy {
  if (typeof option === "string") return preset(option, what);
  refuseUnknownKeys(what, option, KEYS);
  const base = RETRY_PRESETS.default;
  const { deadOn } = option;
  return Object.freeze({
    maxAttempts: attempts(option.maxAttempts ?? base.maxAttempts, `${what}.maxAttempts`),
    initialMs: durationMs(option.initial ?? base.initialMs, `${what}.initial`),
    multiplier: multiplier(option.multiplier ?? base.multiplier, `${what}.multiplier`),
    maxMs: durationMs(option.max ?? base.maxMs, `${what}.max`),
    jitter: jitter(option.jitter ?? base.jitter, `${what}.jitter`),
    ...(deadOn === undefined ? {} : { deadOn: [...deadOn] }),
  });
}

/** The policy with another number of attempts. @throws MillraceError `bad-config` */
export function withMaxAttempts(policy: RetryPolicy, maxAttempts: number): RetryPolicy {
  return Object.freeze({ ...policy, maxAttempts: attempts(maxAttempts, "maxAttempts") });
}

function preset(name: string, what: string): RetryPolicy {
  if (Object.hasOwn(RETRY_PRESETS, name)) return RETRY_PRESETS[name as RetryPreset]; // just looked up
  throw badOption(what, name, `${Object.keys(RETRY_PRESETS).join(", ")}, or a policy`);
}

function attempts(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw badOption(what, value, "a whole number, 1 or more");
}

function multiplier(value: number, what: string): number {
  if (Number.isFinite(value) && value >= 1) return value;
  throw badOption(what, value, "a number, 1 or more");
}

function jitter(value: RetryPolicy["jitter"], what: string): RetryPolicy["jitter"] {
  if (JITTERS.includes(value)) return value;
  throw badOption(what, value, JITTERS.join(", "));
}
