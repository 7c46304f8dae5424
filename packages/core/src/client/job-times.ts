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

/** The fields of a new job. @throws MillraceError `bad-config` */
export function timesOf(options: TimeOptions): Pick<NewJob, "delayMs" | "runAtMs" | "ttlMs" | "expiresAtMs"> {
  const { delay, runAt, ttl, expiresAt } = options;
  refuseBoth({ delay, runAt });
  refuseBoth({ ttl, expiresAt });
  return {
    delayMs: delay === undefined ? 0 : Math.round(durationMs(delay, "enqueue.delay")),
    ...(runAt === undefined ? {} : { runAtMs: instantMs(runAt, "enqueue.runAt") }),
    ...(ttl === undefined ? {} : { ttlMs: Math.round(durationMs(ttl, "enqueue.ttl")) }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: instantMs(expiresAt, "enqueue.expiresAt") }),
  };
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
