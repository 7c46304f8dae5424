/** A schedule as people see it. */
import type { JobId, RunId } from "../model/ids.ts";
import type { Priority } from "../model/job.ts";
import type { Json } from "../model/json.ts";
import {
  decodeSchedule,
  type FireRecord,
  type Misfire,
  type Overlap,
  type ScheduleDefinition,
  type ScheduleTiming,
} from "../model/schedule.ts";
import type { ScheduleRow } from "../store/schedule-store.ts";

/** A schedule. Instants are ISO 8601 in UTC; what is not known, or not there, is `null`. */
export interface ScheduleRecord {
  readonly id: string;
  readonly tenant: string;
  /** `null`, as what follows to `run`, where a newer version has written it. */
  readonly timing: ScheduleTiming | null;
  readonly misfire: Misfire | null;
  readonly overlap: Overlap | null;
  /** `null` where it starts runs. */
  readonly job: ScheduledJob | null;
  /** `null` where it makes jobs. */
  readonly run: ScheduledRun | null;
  readonly paused: boolean;
  /** 1 when it was made, one more each time its definition changed. */
  readonly revision: number;
  /** `null`: never again. Of a paused one the time it was to fire when it was paused. */
  readonly nextAt: string | null;
  /** The time of the last fire that made a job. */
  readonly lastAt: string | null;
  readonly createdAt: string;
  /** When its definition was last changed. */
  readonly changedAt: string;
  /** Jobs of its last fires, coordinators of runs among them, that had not ended when it fired last, oldest first. */
  readonly jobs: readonly JobId[];
  /** What became of its last fires, newest first; at most 20. */
  readonly recent: readonly FireView[];
}

/** What a schedule makes jobs of. */
export interface ScheduledJob {
  readonly name: string;
  readonly queue: string;
  readonly priority: Priority;
  readonly input: Json;
}

/** What a schedule starts runs of. */
export interface ScheduledRun {
  readonly definition: string;
  /** Names the instance, of which one run at a time is active. */
  readonly instance: string;
  readonly queue: string;
  readonly priority: Priority;
  readonly params: Json;
}

/** What became of a fire. */
export interface FireView {
  /** The time it was for; of a fire by hand the moment it was made. */
  readonly at: string;
  /** Of missed fires: this one stands for all from `at` on and before this time. */
  readonly before: string | null;
  readonly decidedAt: string;
  readonly outcome: FireRecord["outcome"];
  readonly reason: FireRecord["reason"] | null;
  /** The job it made, or that was in the way; of a run its coordinator. */
  readonly job: JobId | null;
  /** The run it started, that was in the way, or that has completed for good. */
  readonly run: RunId | null;
  readonly manual: boolean;
}

/** Makes a row readable. */
export function scheduleRecord(row: ScheduleRow): ScheduleRecord {
  const definition = opened(row.definition);
  return {
    id: row.id,
    tenant: row.tenant,
    timing: definition?.timing ?? null,
    misfire: definition?.misfire ?? null,
    overlap: definition?.overlap ?? null,
    job: definition === undefined ? null : jobOf(definition),
    run: definition === undefined ? null : runOf(definition),
    paused: row.paused,
    revision: row.revision,
    nextAt: instantOr(row.nextMs),
    lastAt: instantOr(row.lastMs),
    createdAt: instant(row.createdAtMs),
    changedAt: instant(row.changedAtMs),
    jobs: row.jobs,
    recent: row.recent.map(fireView),
  };
}

/** What a newer version has written cannot be shown, but the row still can. */
function opened(text: string): ScheduleDefinition | undefined {
  try {
    return decodeSchedule(text);
  } catch {
    return undefined;
  }
}

function jobOf({ target }: ScheduleDefinition): ScheduledJob | null {
  if (target.kind !== "job") return null;
  const { name, queue, priority, payload } = target;
  return { name, queue, priority, input: JSON.parse(payload) as Json }; // made by encodeJson
}

function runOf({ target }: ScheduleDefinition): ScheduledRun | null {
  if (target.kind !== "run") return null;
  const { definition, instance, queue, priority, params } = target.run;
  return { definition, instance, queue, priority, params: JSON.parse(params) as Json }; // made by encodeJson
}

function fireView({ fireMs, beforeMs, atMs, outcome, reason, job, run, manual }: FireRecord): FireView {
  return {
    at: instant(fireMs),
    before: instantOr(beforeMs),
    decidedAt: instant(atMs),
    outcome,
    reason: reason ?? null,
    job: job ?? null,
    run: run ?? null,
    manual: manual ?? false,
  };
}

function instantOr(ms: number | undefined): string | null {
  return ms === undefined ? null : instant(ms);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
