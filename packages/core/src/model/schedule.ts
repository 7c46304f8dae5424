/** What a schedule is: when it fires, what it fires, and what becomes of fires that are late or meet their predecessor. */
import type { Envelope } from "./envelope.ts";
import { MillraceError } from "./errors.ts";
import type { JobId, RunId } from "./ids.ts";
import type { Priority } from "./job.ts";
import type { NewRun } from "./run.ts";

/** What a fire does while a job of an earlier fire is live. */
export const OVERLAPS = ["allow", "skip", "queue-one", "cancel-running"] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** What becomes of fires that nobody was there to make. */
export type Misfire =
  | { readonly kind: "skip" }
  | { readonly kind: "fire-once" }
  | { readonly kind: "backfill"; readonly max: number };

/** By a cron expression on the clocks of a zone. */
export interface CronTiming {
  readonly kind: "cron";
  readonly cron: string;
  readonly zone: string;
  /** Times that clocks leave out: fired as much later as the clocks are put forward, or not at all. */
  readonly gap: "run" | "skip";
  /** Times that clocks show twice. */
  readonly overlap: "once" | "twice";
}

/** Every so many ms, counted from an instant; clocks and zones do not matter. */
export interface IntervalTiming {
  readonly kind: "interval";
  readonly everyMs: number;
  readonly anchorMs: number;
}

/** When a schedule fires. */
export type ScheduleTiming = CronTiming | IntervalTiming;

/** A job to be, but for its id and the fire it is made for. */
interface JobToBe {
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly priority: Priority;
  readonly maxRescues: number;
  /** How long its jobs may stay in line, in ms from the moment they are enqueued. */
  readonly ttlMs?: number | undefined;
  /** The input's JSON text. */
  readonly payload: string;
  readonly rest: Omit<Envelope, "payload">;
}

/** Each fire makes a job. */
export interface JobTarget extends JobToBe {
  readonly kind: "job";
}

/** Each fire starts a run of one instance, with its coordinator. */
export interface RunTarget {
  readonly kind: "run";
  readonly run: Omit<NewRun, "id">;
  readonly coordinator: Omit<JobToBe, "ttlMs">;
}

/** All that a schedule was told. */
export interface ScheduleDefinition {
  readonly timing: ScheduleTiming;
  readonly misfire: Misfire;
  readonly overlap: Overlap;
  readonly target: JobTarget | RunTarget;
}

/** One thing that became of a fire. */
export interface FireRecord {
  /** The time the schedule named, in ms; of a fire by hand the moment it was made. */
  readonly fireMs: number;
  /** Of missed fires: this one stands for all from `fireMs` on and before this time. */
  readonly beforeMs?: number | undefined;
  /** When it was decided, on the store's clock. */
  readonly atMs: number;
  readonly outcome: "fired" | "skipped";
  /**
   * Of a skipped one. `missed`: nobody was there in time. `overlap`: a job of an earlier fire was live, or the instance had
   * an active run. `finished`: the instance has completed and does not run again.
   */
  readonly reason?: "missed" | "overlap" | "queue-full" | "finished" | undefined;
  /** The job that was enqueued, or that was in the way; of a run its coordinator. */
  readonly job?: JobId | undefined;
  /** The run that was started, that was in the way, or that has completed. */
  readonly run?: RunId | undefined;
  /** Made by hand, at a time of somebody's own choosing. */
  readonly manual?: true | undefined;
}

/** Records a schedule keeps. */
const MOST_RECORDS = 20;
/** Jobs whose end a schedule waits for: those of its newest fires. */
const MOST_JOBS = 100;

/** The records, newest first, with new ones (oldest first) before them. */
export function recordsWith(
  recent: readonly FireRecord[],
  added: readonly FireRecord[],
): readonly FireRecord[] {
  return [...added.toReversed(), ...recent].slice(0, MOST_RECORDS);
}

/** The newest of the jobs that a schedule remembers as not ended, oldest first. */
export function newestJobs(jobs: readonly JobId[]): readonly JobId[] {
  return jobs.slice(-MOST_JOBS);
}

/** Codec `0`: plain JSON. */
const PLAIN = "0";

/** The tenant of what a schedule makes. */
export function tenantOfTarget({ target }: ScheduleDefinition): string {
  return target.kind === "job" ? target.tenant : target.run.tenant;
}

/** The definition as stores keep it: the same text for the same definition. */
export function encodeSchedule(definition: ScheduleDefinition): string {
  return PLAIN + JSON.stringify(definition);
}

/** Reads it back. @throws MillraceError `unsupported` for a codec or a target this version does not know. */
export function decodeSchedule(text: string): ScheduleDefinition {
  const definition = text[0] === PLAIN ? (JSON.parse(text.slice(1)) as ScheduleDefinition) : undefined; // as encoded
  const kind = definition?.target.kind;
  if (definition !== undefined && (kind === "job" || kind === "run")) return definition;
  throw new MillraceError(
    "unsupported",
    "the schedule was written by a newer version: it fires where that version's workers run",
  );
}
