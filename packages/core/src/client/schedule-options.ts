/** From what a program says of a schedule to its definition. */
import { cronOf } from "../model/cron.ts";
import { type Duration, durationMs } from "../model/duration.ts";
import { MillraceError } from "../model/errors.ts";
import { encodeJson } from "../model/json.ts";
import { badOption, refuseUnknownKeys, withoutUndefined } from "../model/options.ts";
import {
  type CronTiming,
  type IntervalTiming,
  type JobTarget,
  type Misfire,
  OVERLAPS,
  type Overlap,
  type ScheduleDefinition,
  type ScheduleTiming,
} from "../model/schedule.ts";
import { checkZone } from "../model/zone.ts";
import type { JobDefinition } from "./define-job.ts";
import { type Instant, instantMs } from "./job-times.ts";
import { type EnqueueOptions, jobTemplate, limitsOf, restOf, type TemplateDefaults } from "./new-job.ts";

/** When a schedule fires: by `cron` or `every`, one of them. */
export interface TimingOptions {
  /**
   * Minute, hour, day of the month, month, day of the week; with seconds before them where there are six fields; or `@daily`
   * and the like.
   */
  readonly cron?: string | undefined;
  /** Of `cron`: a zone of the IANA time zone database; `UTC` where left out. */
  readonly zone?: string | undefined;
  /**
   * Of `cron`: what becomes of times that clocks leave out (`gap`: `run`, as much later as they are put forward, where left
   * out; or `skip`) or show twice (`overlap`: `once`, where left out, or `twice`, which is also what an expression for every
   * hour means where nothing is said).
   */
  readonly dst?: { readonly gap?: "run" | "skip"; readonly overlap?: "once" | "twice" } | undefined;
  /** A second or longer. */
  readonly every?: Duration | undefined;
  /** Of `every`: one of its times, from which the others are counted; the epoch where left out, so full hours are full. */
  readonly anchor?: Instant | undefined;
}

/** Options of the jobs a schedule makes, as `enqueue` takes them. */
export type ScheduledJobOptions = Pick<
  EnqueueOptions,
  | "priority"
  | "tenant"
  | "tags"
  | "ttl"
  | "retry"
  | "maxAttempts"
  | "timeout"
  | "correlationId"
  | "submittedBy"
>;

/** When a schedule fires, and what becomes of fires that are late or meet their predecessor. */
export interface FiringOptions extends TimingOptions {
  /**
   * What becomes of fires that nobody was there to make. `fire-once` (where left out): the last of them is made. `skip`: none,
   * but for a last one less than a minute late. `backfill`: the last so many (1 to 1,000), each.
   */
  readonly misfire?: "skip" | "fire-once" | { readonly backfill: number } | undefined;
  /**
   * What a fire does while a job of an earlier one has not ended. `allow` (where left out): nothing. `skip`: it is not made.
   * `queue-one`: its job waits for the one that runs; it is not made where one waits already. `cancel-running`: those jobs are
   * cancelled; one that runs may go on for a moment beside the new one.
   */
  readonly overlap?: Overlap | undefined;
}

/** All a schedule of jobs is told, but for the job and its input. */
export interface ScheduleOptions extends FiringOptions {
  readonly job?: ScheduledJobOptions | undefined;
}

const TIMING_KEYS: readonly (keyof TimingOptions)[] = ["cron", "zone", "dst", "every", "anchor"];
const KEYS: readonly (keyof FiringOptions)[] = [...TIMING_KEYS, "misfire", "overlap"];
const JOB_KEYS: readonly (keyof ScheduledJobOptions)[] = [
  "priority",
  "tenant",
  "tags",
  "ttl",
  "retry",
  "maxAttempts",
  "timeout",
  "correlationId",
  "submittedBy",
];
const LEAST_EVERY_MS = 1_000;
const MOST_BACKFILL = 1_000;

/** What a schedule enqueues. */
export interface ScheduledJob {
  readonly job: JobDefinition;
  readonly input: unknown;
}

/** The definition of a schedule of this target. @throws MillraceError `bad-config` */
export function scheduleDefinition(
  options: FiringOptions,
  target: ScheduleDefinition["target"],
): ScheduleDefinition {
  refuseUnknownKeys("schedule", options, KEYS);
  return {
    timing: timingOf(options),
    misfire: misfireOf(options.misfire),
    overlap: overlapOf(options.overlap),
    target,
  };
}

/** When a schedule of such options fires. @throws MillraceError `bad-config` */
function timingOf(options: TimingOptions): ScheduleTiming {
  const { cron, every } = options;
  if ((cron === undefined) === (every === undefined)) {
    throw new MillraceError("bad-config", "schedule takes cron or every, one of them");
  }
  return cron === undefined ? intervalOf(options) : cronTimingOf(cron, options);
}

/** Options of which nothing but the timing is used. @throws MillraceError `bad-config` */
export function previewTiming(options: TimingOptions): ScheduleTiming {
  refuseUnknownKeys("schedules.preview", options, TIMING_KEYS);
  return timingOf(options);
}

function cronTimingOf(cron: string, options: TimingOptions): CronTiming {
  refuseFor("cron", options, ["anchor"]);
  const { isHourly } = cronOf("schedule.cron", cron);
  const { zone = "UTC", dst = {} } = options;
  refuseUnknownKeys("schedule.dst", dst, ["gap", "overlap"]);
  return {
    kind: "cron",
    cron: cron.trim().replaceAll(/\s+/g, " "),
    zone: checkZone("schedule.zone", zone),
    gap: oneOf("schedule.dst.gap", dst.gap ?? "run", ["run", "skip"]),
    overlap: oneOf("schedule.dst.overlap", dst.overlap ?? (isHourly ? "twice" : "once"), ["once", "twice"]),
  };
}

function intervalOf(options: TimingOptions): IntervalTiming {
  refuseFor("every", options, ["zone", "dst"]);
  const { every = 0, anchor = 0 } = options;
  const everyMs = durationMs(every, "schedule.every");
  if (!Number.isSafeInteger(everyMs) || everyMs < LEAST_EVERY_MS) {
    throw badOption("schedule.every", every, "whole milliseconds, a second or more");
  }
  return { kind: "interval", everyMs, anchorMs: instantMs(anchor, "schedule.anchor") };
}

function refuseFor(what: string, options: TimingOptions, keys: readonly (keyof TimingOptions)[]): void {
  const key = keys.find((each) => options[each] !== undefined);
  if (key !== undefined) throw new MillraceError("bad-config", `schedule.${key} does not go with ${what}`);
}

function misfireOf(misfire: ScheduleOptions["misfire"] = "fire-once"): Misfire {
  if (misfire === "skip" || misfire === "fire-once") return { kind: misfire };
  const takes = `skip, fire-once or { backfill: 1 to ${MOST_BACKFILL} }`;
  if (typeof misfire !== "object" || misfire === null) throw badOption("schedule.misfire", misfire, takes);
  refuseUnknownKeys("schedule.misfire", misfire, ["backfill"]);
  const { backfill: max } = misfire;
  if (Number.isSafeInteger(max) && max >= 1 && max <= MOST_BACKFILL) return { kind: "backfill", max };
  throw badOption("schedule.misfire", misfire, takes);
}

function overlapOf(overlap: Overlap = "allow"): Overlap {
  return oneOf("schedule.overlap", overlap, OVERLAPS);
}

function oneOf<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw badOption(option, value, choices.join(", "));
}

/** The target of a schedule of jobs; the input is already validated. @throws MillraceError `bad-config`, `not-serialisable`, `too-large` */
export function jobTarget(
  options: ScheduledJobOptions,
  { job, input }: ScheduledJob,
  defaults: TemplateDefaults,
): JobTarget {
  refuseUnknownKeys("schedule.job", options, JOB_KEYS);
  const { queue, name, tenant, priority, maxRescues, ttlMs } = jobTemplate(job, options, defaults).row;
  return {
    kind: "job",
    ...{ queue, name, tenant, priority, maxRescues },
    ...withoutUndefined({ ttlMs }),
    payload: encodeJson(input === undefined ? null : input, `input of job "${name}"`),
    rest: { ...restOf(options), ...limitsOf(job, input) },
  };
}
