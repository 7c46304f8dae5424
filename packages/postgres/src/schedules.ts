/** Schedules on SQL: what people do to them, and which are due. */
import type {
  DueSchedules,
  FireRecord,
  JobId,
  NewSchedule,
  Page,
  PageOptions,
  ScheduleFilter,
  ScheduleRow,
  ScheduleVersion,
} from "@millrace/core";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** The port's setSchedule. */
export async function setSchedule(
  session: Session,
  { id, tenant, definition, nextMs }: NewSchedule,
): Promise<"created" | "changed" | "unchanged"> {
  const values = [id, tenant, definition, nextMs ?? null];
  const [done] = await session.run<{ revision: number }>("schedule/set", values);
  if (done === undefined) return "unchanged";
  return done.revision === 1 ? "created" : "changed";
}

/** The port's removeSchedule. */
export async function removeSchedule(session: Session, id: string): Promise<"removed" | "not-found"> {
  return (await session.run("schedule/remove", [id])).length > 0 ? "removed" : "not-found";
}

/** The port's pauseSchedule. */
export async function pauseSchedule(session: Session, id: string): Promise<"paused" | "not-found"> {
  return (await session.run("schedule/pause", [id])).length > 0 ? "paused" : "not-found";
}

/** The port's resumeSchedule. */
export async function resumeSchedule(
  session: Session,
  { id, createdAtMs, revision }: ScheduleVersion,
  nextMs: number | undefined,
): Promise<"resumed" | "not-paused" | "stale"> {
  const values = [id, createdAtMs, revision, nextMs ?? null];
  const [row] = await session.run<{ was_paused: boolean }>("schedule/resume", values);
  if (row === undefined) return "stale";
  return row.was_paused ? "resumed" : "not-paused";
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
