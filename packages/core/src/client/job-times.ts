/** When a job is due and when it expires, as enqueue options say it. */
import { type Duration, durationMs } from "../model/duration.ts";
import { MillraceError } from "../model/errors.ts";
import type { NewJob } from "../model/job.ts";
import { badOption } from "../model/options.ts";

/** A moment: a `Date`, ISO 8601 text such as `"2026-03-01T08:00:00Z"`, or ms since the epoch. */
export type Instant = Date | string | number;

/** Options of one enqueue about time. */
export interface TimeOptions {
  /** How long after the store accepts it the job becomes due. */
  readonly delay?: Duration | undefined;
  /** When the job becomes due, on the store's clock, instead of `delay`; at once where that is past. */
  readonly runAt?: Instant | undefined;
  /** How long the job may stay in line, from the moment the store accepts it; then it expires unrun. */
  readonly ttl?: Duration | undefined;
  /** Until when the job may stay in line, on the store's clock, instead of `ttl`. */
  readonly expiresAt?: Instant | undefined;
}

type Due = Pick<NewJob, "delayMs" | "runAtMs">;
type Expiry = Pick<NewJob, "ttlMs" | "expiresAtMs">;

/**
 * The fields of a new job. `queueTtlMs`: how long it may stay in line once it is due, where it does not say itself.
 * @throws MillraceError `bad-config`
 */
export function timesOf(options: TimeOptions, queueTtlMs?: number): Due & Expiry {
  const { delay, runAt, ttl, expiresAt } = options;
  refuseBoth({ delay, runAt });
  refuseBoth({ ttl, expiresAt });
  const due: Due = {
    delayMs: delay === undefined ? 0 : Math.round(durationMs(delay, "enqueue.delay")),
    ...(runAt === undefined ? {} : { runAtMs: instantMs(runAt, "enqueue.runAt") }),
  };
  if (ttl !== undefined) return { ...due, ttlMs: Math.round(durationMs(ttl, "enqueue.ttl")) };
  if (expiresAt !== undefined) return { ...due, expiresAtMs: instantMs(expiresAt, "enqueue.expiresAt") };
  return { ...due, ...(queueTtlMs === undefined ? {} : expiryAfter(due, queueTtlMs)) };
}

function expiryAfter({ delayMs, runAtMs }: Due, ttlMs: number): Expiry {
  return runAtMs === undefined ? { ttlMs: delayMs + ttlMs } : { expiresAtMs: runAtMs + ttlMs };
}

function refuseBoth(pair: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(pair).filter((name) => pair[name] !== undefined);
  if (given.length < 2) return;
  throw new MillraceError("bad-config", `enqueue takes ${given.join(" or ")}, not both`, {
    details: { options: given },
  });
}

/** The instant in ms since the epoch. @throws MillraceError `bad-config` */
export function instantMs(value: Instant, option: string): number {
  const ms = new Date(value).getTime();
  if (!Number.isNaN(ms)) return ms;
  throw badOption(option, String(value), "a Date, ISO 8601 text or ms since the epoch");
}
