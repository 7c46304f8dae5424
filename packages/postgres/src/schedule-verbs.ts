/** The schedule part of the port on SQL: what is refused, and which verb needs a transaction. */
import {
  checkFires,
  checkNote,
  checkSchedule,
  checkScheduleId,
  type NewJob,
  type ScheduleStore,
} from "@millrace/core";
import { fireSchedules } from "./fire.ts";
import {
  dueSchedules,
  findSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  setSchedule,
} from "./schedules.ts";
import type { Session } from "./session.ts";

/** What the verbs run on. */
export interface ScheduleSessions {
  /** Statements that commit by themselves. */
  readonly alone: Session;
  /** Runs work that enqueues these jobs in a transaction of its own, and tells idle workers of them. */
  enqueuing<T>(jobs: readonly NewJob[], work: (session: Session) => Promise<T>): Promise<T>;
}

/** The verbs. */
export function scheduleVerbs({ alone, enqueuing }: ScheduleSessions): ScheduleStore {
  const own = <T>(work: (session: Session) => Promise<T>) => enqueuing([], work);
  return {
    setSchedule: async (schedule, note = {}) => {
      checkSchedule(schedule);
      checkNote(note);
      return own((session) => setSchedule(session, schedule, note));
    },
    removeSchedule: async (id, note = {}) => {
      checkScheduleId(id);
      checkNote(note);
      return own((session) => removeSchedule(session, id, note));
    },
    pauseSchedule: async (id, note = {}) => {
      checkScheduleId(id);
      checkNote(note);
      return own((session) => pauseSchedule(session, id, note));
    },
    resumeSchedule: async (schedule, nextMs, note = {}) => {
      checkScheduleId(schedule.id);
      checkNote(note);
      return own((session) => resumeSchedule(session, { schedule, nextMs, note }));
    },
    findSchedules: (filter, page) => findSchedules(alone, filter, page),
    dueSchedules: ({ limit }) => dueSchedules(alone, limit),
    fireSchedules: async (fires, note = {}) => {
      checkFires(fires);
      checkNote(note);
      if (fires.length === 0) return [];
      const jobs = fires.flatMap(({ fire }) => fire?.job ?? []);
      return enqueuing(jobs, (session) => fireSchedules(session, fires, note));
    },
  };
}
