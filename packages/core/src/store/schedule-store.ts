/** The verbs of schedules: what fires when, and making a fire exactly once. */
import type { ControlNote } from "../model/control-note.ts";
import type { FireOutcome } from "../model/fire-verdict.ts";
import type { JobId, RunId } from "../model/ids.ts";
import type { NewRun, RunStart } from "../model/run.ts";
import type { FireRecord, Overlap } from "../model/schedule.ts";
import type { MadeFire } from "../model/schedule-job.ts";
import type { Page, PageOptions } from "./call.ts";
import type { Accepted } from "./job-store.ts";

/** A schedule on its way into a store. */
export interface NewSchedule {
  /** Unique in the store. */
  readonly id: string;
  /** That of its jobs. */
  readonly tenant: string;
  /** Opaque text made by the client (`encodeSchedule`): equal texts are equal definitions. */
  readonly definition: string;
  /** When it first fires under this definition; never where left out. */
  readonly nextMs?: number | undefined;
}

/** A schedule as a store shows it. Times are ms since the epoch on the store's clock. */
export interface ScheduleRow extends NewSchedule {
  /** 1 when it is made, one more each time its definition changes. */
  readonly revision: number;
  readonly paused: boolean;
  readonly createdAtMs: number;
  /** When its definition was last changed. */
  readonly changedAtMs: number;
  /** The time of the last fire that made a job; fires by hand do not count. */
  readonly lastMs?: number | undefined;
  /** Jobs it has made that were live at its last fire, and that fire's own, oldest first; the newest 100. */
  readonly jobs: readonly JobId[];
  /** What became of its last fires, newest first; at most 20. */
  readonly recent: readonly FireRecord[];
}

/** A schedule as somebody has read it, to whom it answers only while it is still so. */
export type ScheduleVersion = Pick<ScheduleRow, "id" | "createdAtMs" | "revision">;

/** Which schedules to list; every field given must match. */
export interface ScheduleFilter {
  readonly ids?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
}

/** Schedules whose time has come, and the store's clock. */
export interface DueSchedules {
  readonly nowMs: number;
  /** Earliest first, then by id. */
  readonly rows: readonly ScheduleRow[];
  /** When the next one is due that is not yet; left out where there is none. */
  readonly nextMs?: number | undefined;
}

/** A fire to make, or fires to pass over. */
export interface ScheduleFire {
  readonly schedule: ScheduleVersion;
  /**
   * `at`: when the schedule was due, as it was read; nothing is done where that has changed. `manual`: by hand, whenever and
   * also while it is paused; its next fire stays where it is.
   */
  readonly due: { readonly at: number } | "manual";
  /** Fires passed over: all from the first on and before the second time. */
  readonly missed?: { readonly fromMs: number; readonly beforeMs: number } | undefined;
  readonly fire?: MadeFire | undefined;
  /** What the fire does while jobs of earlier ones are live. */
  readonly overlap: Overlap;
  /** When it is due next; never again where left out. */
  readonly nextMs?: number | undefined;
}

/**
 * What became of a fire. `fired`: its job is there, and its run. `skipped`: it is not, and will not be; `job` was in the way,
 * or `run` has completed and does not run again. `missed`: fires
 * were passed over and none was to be made. `stale`: nothing was done, for somebody else has fired, changed, paused or removed
 * the schedule, or is at it.
 */
export type FireAnswer =
  | { readonly result: "fired"; readonly job: JobId; readonly run?: RunId | undefined }
  | {
      readonly result: "skipped";
      readonly reason: "overlap" | "queue-full" | "finished";
      readonly job?: JobId | undefined;
      readonly run?: RunId | undefined;
    }
  | { readonly result: "missed" | "stale" };

/** The schedule part of the port. */
export interface ScheduleStore {
  /**
   * Makes a schedule, or changes its definition. An unchanged one stays as it is with all its times; a changed one fires next
   * as the call says, and keeps its records, its jobs and whether it is paused.
   */
  setSchedule(schedule: NewSchedule, note?: ControlNote): Promise<"created" | "changed" | "unchanged">;
  /** Forgets a schedule. Its jobs stay. */
  removeSchedule(id: string, note?: ControlNote): Promise<"removed" | "not-found">;
  /** Has a schedule fire no more until it is resumed. */
  pauseSchedule(id: string, note?: ControlNote): Promise<"paused" | "not-found">;
  /** Has a paused schedule fire again, next as the call says: what it named meanwhile is passed over. */
  resumeSchedule(
    schedule: ScheduleVersion,
    nextMs: number | undefined,
    note?: ControlNote,
  ): Promise<"resumed" | "not-paused" | "stale">;
  /** Lists schedules by id (code-unit order of its UTF-8 bytes). */
  findSchedules(filter: ScheduleFilter, page: PageOptions): Promise<Page<ScheduleRow>>;
  /** The schedules due, at most `limit` (0 to ask for the time alone); paused ones are never due. Read-only. */
  dueSchedules(options: { readonly limit: number }): Promise<DueSchedules>;
  /**
   * Makes fires. Of many callers with the same fire one makes it, and its job, the schedule's next time and the record of it
   * are written together. First live jobs are cancelled whose schedules say so, then jobs are enqueued in order, as with
   * `resend`: a job that is known, finished or not, counts as fired. Then runs are started in order, as by `startRun`: one
   * that is known counts as fired, an active one of the instance is in the way like a live job of an earlier fire, and a full
   * queue refuses a new one. A run
   * whose coordinator is cancelled moves to `cancelling` with it. Answers in order; atomic as a call. The note is of fires by
   * hand: the audit keeps those that made a job.
   */
  fireSchedules(fires: readonly ScheduleFire[], note?: ControlNote): Promise<readonly FireAnswer[]>;
}

/** What came of a fire whose job was enqueued with this answer. */
export function outcomeOfJob(accepted: Accepted): FireOutcome {
  return accepted.result === "queue-full"
    ? { outcome: "skipped", reason: "queue-full" }
    : { outcome: "fired", job: accepted.id };
}

/** What came of a fire that was to start this run; `active`: the coordinator of the run that was resumed. */
export function outcomeOfRun(run: NewRun, job: JobId, start: RunStart & { active?: JobId }): FireOutcome {
  if (start.result === "queue-full") return { outcome: "skipped", reason: "queue-full" };
  if (start.run === run.id) return { outcome: "fired", job, run: run.id };
  return start.active === undefined
    ? { outcome: "skipped", reason: "finished", run: start.run }
    : { outcome: "skipped", reason: "overlap", job: start.active, run: start.run };
}

/** The answer to a fire that came out so. */
export function fireAnswer(outcome: FireOutcome): FireAnswer {
  if (outcome === undefined) return { result: "missed" };
  if (outcome.outcome === "fired") {
    const { outcome: result, ...fired } = outcome;
    return { result, ...fired };
  }
  const { outcome: result, ...skipped } = outcome;
  return { result, ...skipped };
}
