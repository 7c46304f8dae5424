/** The schedule part of the port on SQL: what is refused, and which verb needs a transaction. */
import { checkFires, checkSchedule, checkScheduleId, type NewJob, type ScheduleStore } from "@millrace/core";
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

/** Runs work that enqueues these jobs in a transaction, and tells idle workers of them. */
type Enqueuing = <T>(jobs: readonly NewJob[], work: (session: Session) => Promise<T>) => Promise<T>;

/** The verbs. */
export function scheduleVerbs(alone: Session, enqueuing: Enqueuing): ScheduleStore {
  return {
    setSchedule: async (schedule) => {
      checkSchedule(schedule);
      return setSchedule(alone, schedule);
    },
    removeSchedule: async (id) => {
      checkScheduleId(id);
      return removeSchedule(alone, id);
    },
    pauseSchedule: async (id) => {
      checkScheduleId(id);
      return pauseSchedule(alone, id);
    },
    resumeSchedule: async (schedule, nextMs) => {
      checkScheduleId(schedule.id);
      return resumeSchedule(alone, schedule, nextMs);
    },
    findSchedules: (filter, page) => findSchedules(alone, filter, page),
    dueSchedules: ({ limit }) => dueSchedules(alone, limit),
    fireSchedules: async (fires) => {
      checkFires(fires);
      if (fires.length === 0) return [];
      const jobs = fires.flatMap(({ fire }) => fire?.job ?? []);
      return enqueuing(jobs, (session) => fireSchedules(session, fires));
    },
  };
}
