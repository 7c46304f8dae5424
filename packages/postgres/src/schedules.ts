/** Schedules on SQL: what people do to them, and which are due. */
import {
  type AuditedSchedule,
  type ControlNote,
  type DueSchedules,
  type FireRecord,
  type JobId,
  type NewSchedule,
  type Page,
  type PageOptions,
  type ScheduleFilter,
  type ScheduleRow,
  type ScheduleVersion,
  scheduleHeldEntries,
  scheduleRemovedEntries,
  scheduleSetEntries,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** The port's setSchedule, within a transaction. */
export async function setSchedule(
  session: Session,
  schedule: NewSchedule,
  note: ControlNote,
): Promise<"created" | "changed" | "unchanged"> {
  const { id, tenant, definition, nextMs } = schedule;
  for (;;) {
    const [before] = await session.run<AuditedSchedule>("schedule/held", [id]);
    if (before?.definition === definition) return "unchanged";
    const statement = before === undefined ? "schedule/add" : "schedule/change";
    const [done] = await session.run<{ revision: number }>(statement, [
      id,
      tenant,
      definition,
      nextMs ?? null,
    ]);
    if (done === undefined) continue; // somebody has made it meanwhile
    await appendAudit(session, scheduleSetEntries(note, { before, after: { ...schedule, ...done } }));
    return before === undefined ? "created" : "changed";
  }
}

/** The port's removeSchedule, within a transaction. */
export async function removeSchedule(
  session: Session,
  id: string,
  note: ControlNote,
): Promise<"removed" | "not-found"> {
  const [before] = await session.run<AuditedSchedule>("schedule/remove", [id]);
  if (before === undefined) return "not-found";
  await appendAudit(session, scheduleRemovedEntries(note, before));
  return "removed";
}

/** What a schedule was when it was paused or resumed. */
interface HeldRow {
  readonly tenant: string;
  readonly was_paused: boolean;
}

/** The port's pauseSchedule, within a transaction. */
export async function pauseSchedule(
  session: Session,
  id: string,
  note: ControlNote,
): Promise<"paused" | "not-found"> {
  const [row] = await session.run<HeldRow>("schedule/pause", [id]);
  if (row === undefined) return "not-found";
  if (!row.was_paused)
    await appendAudit(session, scheduleHeldEntries(note, { id, tenant: row.tenant, paused: true }));
  return "paused";
}

/** What is to fire again, from when on, and who says so. */
export interface Resuming {
  readonly schedule: ScheduleVersion;
  readonly nextMs: number | undefined;
  readonly note: ControlNote;
}

/** The port's resumeSchedule, within a transaction. */
export async function resumeSchedule(
  session: Session,
  { schedule, nextMs, note }: Resuming,
): Promise<"resumed" | "not-paused" | "stale"> {
  const { id, createdAtMs, revision } = schedule;
  const values = [id, createdAtMs, revision, nextMs ?? null];
  const [row] = await session.run<HeldRow>("schedule/resume", values);
  if (row === undefined) return "stale";
  if (!row.was_paused) return "not-paused";
  await appendAudit(session, scheduleHeldEntries(note, { id, tenant: row.tenant, paused: false }));
  return "resumed";
}

/** The port's findSchedules. */
export async function findSchedules(
  session: Session,
  { ids, tenant }: ScheduleFilter,
  { after, limit }: PageOptions,
): Promise<Page<ScheduleRow>> {
  const values = [ids ?? null, tenant ?? null, after ?? null, limit];
  const rows = await session.run<StoredSchedule>("schedule/find", values);
  const last = rows.at(-1);
  return {
    rows: rows.map(scheduleOf),
    ...(rows.length === limit && last !== undefined ? { next: last.id } : {}),
  };
}

/** The port's dueSchedules. Mostly nothing is, which costs two looks into an index. */
export async function dueSchedules(session: Session, limit: number): Promise<DueSchedules> {
  const [clock] = await session.run<ClockRow>("schedule/clock", []);
  const { now = "", due = false, next = null } = clock ?? {};
  const rows =
    due && limit > 0 ? await session.run<StoredSchedule>("schedule/due", [Number(now), limit]) : [];
  return {
    nowMs: Number(now),
    rows: rows.map(scheduleOf),
    ...optional("nextMs", next === null ? null : Number(next)),
  };
}

interface ClockRow {
  readonly now: string;
  readonly due: boolean;
  readonly next: string | null;
}

/** A schedule as its row says it; times in ms. */
export interface StoredSchedule {
  readonly id: string;
  readonly tenant: string;
  readonly definition: string;
  readonly revision: number;
  readonly paused: boolean;
  readonly created: string;
  readonly changed: string;
  readonly next: string | null;
  readonly last: string | null;
  /** JSON of ids. */
  readonly jobs: string;
  /** JSON of records. */
  readonly recent: string;
}

/** Makes a row readable. */
export function scheduleOf(row: StoredSchedule): ScheduleRow {
  return {
    id: row.id,
    tenant: row.tenant,
    definition: row.definition,
    revision: row.revision,
    paused: row.paused,
    createdAtMs: Number(row.created),
    changedAtMs: Number(row.changed),
    ...(row.next === null ? {} : { nextMs: Number(row.next) }),
    ...(row.last === null ? {} : { lastMs: Number(row.last) }),
    jobs: JSON.parse(row.jobs) as readonly JobId[], // array_to_json of uuid[]
    recent: JSON.parse(row.recent) as readonly FireRecord[], // written by `fired`
  };
}
