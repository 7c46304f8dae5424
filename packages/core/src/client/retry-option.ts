/** Retry as options spell it, made into a policy. */

import { type Duration, durationMs } from "../model/duration.ts";
import { ERROR_CLASSES, type ErrorClass, MillraceError } from "../model/errors.ts";
import { badOption, refuseUnknownKeys, withoutUndefined } from "../model/options.ts";
import {
  BACKOFFS,
  type Backoff,
  type BackoffFunction,
  type DefinedRetryPolicy,
  NEVER_AGAIN,
  RETRY_PRESETS,
  type RetryIf,
  type RetryPolicy,
  type RetryPreset,
} from "../model/retry.ts";

/** A policy of one's own; what is left out is as in the preset `default`. Plain data: a single job may have its own. */
export interface RetryOptions {
  readonly maxAttempts?: number | undefined;
  /** How the delay grows: `initial · multiplier^(attempt−1)`, `initial · attempt`, or `initial`. */
  readonly backoff?: Backoff | undefined;
  readonly initial?: Duration | undefined;
  /** Of exponential backoff. */
  readonly multiplier?: number | undefined;
  readonly max?: Duration | undefined;
  readonly jitter?: RetryPolicy["jitter"] | undefined;
  /** The only classes that are tried again. */
  readonly retryOn?: readonly ErrorClass[] | undefined;
  /** Classes that are not tried again, beside validation, permission and not-found. */
  readonly deadOn?: readonly ErrorClass[] | undefined;
}

/** What a definition may say beside that: functions. */
export interface DefinitionRetryOptions extends Omit<RetryOptions, "backoff"> {
  /** A function gives the whole delay; `initial`, `multiplier`, `max` and `jitter` are left out then. */
  readonly backoff?: Backoff | BackoffFunction | undefined;
  /** Asked last, about failures that all else in the policy would try again. */
  readonly retryIf?: RetryIf | undefined;
}

/** A preset's name, or a policy. */
export type RetryOption = RetryPreset | RetryOptions;
/** A preset's name, or a policy that may have functions. */
export type DefinitionRetryOption = RetryPreset | DefinitionRetryOptions;

const KEYS: readonly (keyof DefinitionRetryOptions)[] = [
  "maxAttempts",
  "backoff",
  "initial",
  "multiplier",
  "max",
  "jitter",
  "retryOn",
  "deadOn",
  "retryIf",
];
const JITTERS: readonly unknown[] = ["none", "full", "equal"];
/** What has no effect beside a backoff. */
const IDLE_KEYS: Readonly<Record<Backoff | "function", readonly (keyof RetryOptions)[]>> = {
  exponential: [],
  linear: ["multiplier"],
  fixed: ["multiplier"],
  function: ["initial", "multiplier", "max", "jitter"],
};

/** The policy a definition's option means. @throws MillraceError `bad-config` naming the option and the bad value. */
export function definedRetryPolicy(option: DefinitionRetryOption, what: string): DefinedRetryPolicy {
  if (typeof option === "string") return preset(option, what);
  refuseUnknownKeys(what, option, KEYS);
  const { backoff, retryIf } = option;
  if (typeof backoff === "function") {
    refuseIdle(option, "function", what);
    return Object.freeze({
      ...declared({ ...option, backoff: undefined }, what),
      delay: backoff,
      ...withoutUndefined({ retryIf }),
    });
  }
  if (retryIf !== undefined && typeof retryIf !== "function") {
    throw badOption(`${what}.retryIf`, retryIf, "a function of error and attempt");
  }
  return Object.freeze({ ...declared({ ...option, backoff }, what), ...withoutUndefined({ retryIf }) });
}

/** The policy of a single job, which carries data only. @throws MillraceError `bad-config`, also for functions. */
export function retryPolicy(option: RetryOption, what: string): RetryPolicy {
  if (typeof option === "string") return preset(option, what);
  for (const [key, value] of Object.entries(option)) {
    if (typeof value !== "function") continue;
    const message = `${what}.${key} is a function; a job carries data only: say it in defineJob`;
    throw new MillraceError("bad-config", message, { details: { option: `${what}.${key}` } });
  }
  return definedRetryPolicy(option, what);
}

/** Checks a number of attempts. @throws MillraceError `bad-config` */
export function checkAttempts(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw badOption(what, value, "a whole number, 1 or more");
}

function declared(option: RetryOptions, what: string): RetryPolicy {
  const base = RETRY_PRESETS.default;
  const backoff = oneOf(option.backoff, BACKOFFS, `${what}.backoff`);
  if (backoff !== undefined) refuseIdle(option, backoff, what);
  return {
    maxAttempts: checkAttempts(option.maxAttempts ?? base.maxAttempts, `${what}.maxAttempts`),
    ...withoutUndefined({ backoff }),
    initialMs: durationMs(option.initial ?? base.initialMs, `${what}.initial`),
    multiplier: multiplier(option.multiplier ?? base.multiplier, `${what}.multiplier`),
    maxMs: durationMs(option.max ?? base.maxMs, `${what}.max`),
    jitter: jitter(option.jitter ?? base.jitter, `${what}.jitter`),
    ...classes(option, what),
  };
}

function preset(name: string, what: string): RetryPolicy {
  if (Object.hasOwn(RETRY_PRESETS, name)) return RETRY_PRESETS[name as RetryPreset]; // just looked up
  throw badOption(what, name, `${Object.keys(RETRY_PRESETS).join(", ")}, or a policy`);
}

function refuseIdle(option: DefinitionRetryOptions, backoff: Backoff | "function", what: string): void {
  const idle = IDLE_KEYS[backoff].find((key) => option[key] !== undefined);
  if (idle === undefined) return;
  const of =
    backoff === "function" ? "a backoff function gives the whole delay" : `${backoff} backoff has none`;
  throw badOption(`${what}.${idle}`, option[idle], `nothing here: ${of}`);
}

function classes({ retryOn, deadOn }: RetryOptions, what: string): Pick<RetryPolicy, "retryOn" | "deadOn"> {
  for (const [key, list] of Object.entries({ retryOn, deadOn })) {
    for (const each of list ?? []) oneOf(each, ERROR_CLASSES, `${what}.${key}`);
  }
  const vain = retryOn?.find((each) => NEVER_AGAIN.has(each) || deadOn?.includes(each));
  if (vain !== undefined)
    throw badOption(`${what}.retryOn`, vain, "classes that are not final and not in deadOn");
  return withoutUndefined({ retryOn: retryOn && [...retryOn], deadOn: deadOn && [...deadOn] });
}

function oneOf<T extends string>(value: T | undefined, known: readonly T[], what: string): T | undefined {
  if (value === undefined || known.includes(value)) return value;
  throw badOption(what, value, known.join(", "));
}

function multiplier(value: number, what: string): number {
  if (Number.isFinite(value) && value >= 1) return value;
  throw badOption(what, value, "a number, 1 or more");
}

function jitter(value: RetryPolicy["jitter"], what: string): RetryPolicy["jitter"] {
  if (JITTERS.includes(value)) return value;
  throw badOption(what, value, JITTERS.join(", "));
}
