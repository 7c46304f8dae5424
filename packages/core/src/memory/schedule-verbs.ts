/** The schedule part of the port on memory: what people do to schedules leaves its record. */
import type { ControlNote } from "../model/control-note.ts";
import { checkNote } from "../store/checks.ts";
import { checkFires, checkSchedule, checkScheduleId } from "../store/schedule-checks.ts";
import {
  scheduleHeldEntries,
  scheduleRemovedEntries,
  scheduleSetEntries,
} from "../store/schedule-entries.ts";
import type { NewSchedule, ScheduleStore, ScheduleVersion } from "../store/schedule-store.ts";
import { fireSchedules } from "./fire.ts";
import type { Memory } from "./memory.ts";

/** The verbs on what `opened` gives. */
export function scheduleVerbs(opened: () => Memory): ScheduleStore {
  return {
    setSchedule: async (schedule, note = {}) => {
      checkSchedule(schedule);
      checkNote(note);
      return setSchedule(opened(), schedule, note);
    },
    removeSchedule: async (id, note = {}) => {
      checkScheduleId(id);
      checkNote(note);
      return removeSchedule(opened(), id, note);
    },
    pauseSchedule: async (id, note = {}) => {
      checkScheduleId(id);
      checkNote(note);
      return pauseSchedule(opened(), id, note);
    },
    resumeSchedule: async (schedule, nextMs, note = {}) => {
      checkScheduleId(schedule.id);
      checkNote(note);
      return resumeSchedule(opened(), { schedule, nextMs, note });
    },
    findSchedules: async (filter, page) => opened().schedules.find(filter, page),
    dueSchedules: async ({ limit }) => {
      const { schedules, clock } = opened();
      return schedules.due(limit, clock.now());
    },
    fireSchedules: async (fires, note = {}) => {
      checkFires(fires);
      checkNote(note);
      return fireSchedules(opened(), fires, note);
    },
  };
}

function setSchedule(
  { schedules, audit, clock }: Memory,
  schedule: NewSchedule,
  note: ControlNote,
): "created" | "changed" | "unchanged" {
  const before = schedules.get(schedule.id);
  const now = clock.now();
  const { result, after } = schedules.set(schedule, now);
  if (result !== "unchanged") audit.append(scheduleSetEntries(note, { before, after }), now);
  return result;
}

function removeSchedule(
  { schedules, audit, clock }: Memory,
  id: string,
  note: ControlNote,
): "removed" | "not-found" {
  const before = schedules.get(id);
  if (before === undefined) return "not-found";
  schedules.remove(id);
  audit.append(scheduleRemovedEntries(note, before), clock.now());
  return "removed";
}

function pauseSchedule(
  { schedules, audit, clock }: Memory,
  id: string,
  note: ControlNote,
): "paused" | "not-found" {
  const before = schedules.get(id);
  if (before === undefined) return "not-found";
  if (before.paused) return "paused";
  const after = { ...before, paused: true };
  schedules.put(after);
  audit.append(scheduleHeldEntries(note, after), clock.now());
  return "paused";
}

function resumeSchedule(
  { schedules, audit, clock }: Memory,
  { schedule, nextMs, note }: Resuming,
): "resumed" | "not-paused" | "stale" {
  const before = schedules.current(schedule);
  if (before === undefined) return "stale";
  if (!before.paused) return "not-paused";
  const after = { ...before, paused: false, nextMs };
  schedules.put(after);
  audit.append(scheduleHeldEntries(note, after), clock.now());
  return "resumed";
}

/** What is to fire again, from when on, and who says so. */
interface Resuming {
  readonly schedule: ScheduleVersion;
  readonly nextMs: number | undefined;
  readonly note: ControlNote;
}
