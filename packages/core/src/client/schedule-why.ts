/** Why a schedule fired, or did not, at a time: told from its row alone. */
import { type FireTimes, fireTimes } from "../model/fire-times.ts";
import type { JobId, RunId } from "../model/ids.ts";
import { decodeSchedule, type FireRecord } from "../model/schedule.ts";
import type { ScheduleRow } from "../store/schedule-store.ts";

/**
 * `fired`, `skipped`: by hand of a worker. `late`: it is due, and no worker has fired it. `to-come`: its time has not come.
 * `paused`. `not-named`: the schedule does not name that time. `before`: there was no such schedule yet, or it has
 * changed since. `forgotten`: too long ago. `never`: it fires no more. `not-found`: there is no such schedule.
 */
export type WhyKind =
  | "fired"
  | "skipped"
  | "late"
  | "to-come"
  | "paused"
  | "not-named"
  | "before"
  | "forgotten"
  | "never"
  | "not-found";

/** An answer. */
export interface ScheduleWhy {
  readonly kind: WhyKind;
  /** The same in a sentence. */
  readonly text: string;
  /** The time that is spoken of. */
  readonly at: string | null;
  /** Of `skipped`. */
  readonly reason: FireRecord["reason"] | null;
  /** The job that was made, or that was in the way; of a run its coordinator. */
  readonly job: JobId | null;
  /** The run that was started, that was in the way, or that has completed for good. */
  readonly run: RunId | null;
}

/** Why it did what it did at a time, or what it did last and does next where none is given. */
export function whyOf(row: ScheduleRow, nowMs: number, atMs: number | undefined): ScheduleWhy {
  return atMs === undefined ? whyNow(row, nowMs) : whyAt(row, nowMs, atMs);
}

/** The answer for an id that no schedule has. */
export function whyNotFound(id: string): ScheduleWhy {
  return why("not-found", undefined, `there is no schedule "${id}"`);
}

function whyNow(row: ScheduleRow, nowMs: number): ScheduleWhy {
  const { nextMs, recent, paused } = row;
  if (paused) return why("paused", nextMs, "it is paused");
  if (nextMs !== undefined && nextMs <= nowMs) return late(nextMs);
  const [last] = recent;
  if (last !== undefined) return ofRecord(last);
  return nextMs === undefined ? why("never", undefined, "it names no time any more") : toCome(nextMs);
}

function whyAt(row: ScheduleRow, nowMs: number, atMs: number): ScheduleWhy {
  const record = row.recent.find((each) => covers(each, atMs));
  if (record !== undefined) return ofRecord(record);
  if (atMs < row.changedAtMs) return why("before", atMs, `it is as it is since ${instant(row.changedAtMs)}`);
  const times = fireTimes(decodeSchedule(row.definition).timing);
  if (times.from(atMs) !== atMs) return notNamed(times, atMs);
  if (row.paused) return why("paused", atMs, "it is paused");
  if (atMs > nowMs) return toCome(atMs);
  return row.nextMs !== undefined && row.nextMs <= atMs
    ? late(atMs)
    : why("forgotten", atMs, "that is longer ago than its records go back, or it was paused then");
}

/** A range of missed fires covers the times in it, whichever they are. */
function covers({ fireMs, beforeMs }: FireRecord, atMs: number): boolean {
  return fireMs === atMs || (beforeMs !== undefined && fireMs < atMs && atMs < beforeMs);
}

function ofRecord({ outcome, reason, fireMs, job, run }: FireRecord): ScheduleWhy {
  const of = { reason: reason ?? null, job: job ?? null, run: run ?? null };
  if (outcome === "fired") {
    const made = run === undefined ? `it made job ${job}` : `it started run ${run}`;
    return { ...why("fired", fireMs, made), ...of };
  }
  const text = {
    missed: "no worker was there in time, and its misfire policy passes over it",
    overlap:
      run === undefined
        ? `job ${job} of an earlier fire had not ended`
        : `run ${run} of its instance was active`,
    finished: `run ${run} of its instance has completed, and its definition does not run again`,
    "queue-full": "the queue had no room for its job",
  }[reason ?? "missed"];
  return { ...why("skipped", fireMs, text), ...of };
}

function late(atMs: number): ScheduleWhy {
  return why("late", atMs, "it is due, and no worker has fired it: is one running?");
}

function toCome(atMs: number): ScheduleWhy {
  return why("to-come", atMs, `it fires at ${instant(atMs)}`);
}

function notNamed(times: FireTimes, atMs: number): ScheduleWhy {
  const next = times.from(atMs);
  const following = next === undefined ? "none follows" : `the next one it does is ${instant(next)}`;
  return why("not-named", atMs, `it does not name that time; ${following}`);
}

function why(kind: WhyKind, atMs: number | undefined, text: string): ScheduleWhy {
  return { kind, text, at: atMs === undefined ? null : instant(atMs), reason: null, job: null, run: null };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
