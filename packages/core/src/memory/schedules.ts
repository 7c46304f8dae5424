/** The schedules of a memory store, and what people do to them. */
import type { Page, PageOptions } from "../store/call.ts";
import type {
  DueSchedules,
  NewSchedule,
  ScheduleFilter,
  ScheduleRow,
  ScheduleVersion,
} from "../store/schedule-store.ts";
import { pageOf } from "./page.ts";
import { byBytes } from "./sorted-keys.ts";

/** Schedules by id. */
export class Schedules {
  readonly #rows = new Map<string, ScheduleRow>();

  get(id: string): ScheduleRow | undefined {
    return this.#rows.get(id);
  }

  /** Puts a changed row in the place of the one before. */
  put(row: ScheduleRow): void {
    this.#rows.set(row.id, row);
  }

  set(schedule: NewSchedule, now: number): "created" | "changed" | "unchanged" {
    const before = this.#rows.get(schedule.id);
    if (before === undefined) {
      const fresh = { revision: 1, paused: false, createdAtMs: now, changedAtMs: now, jobs: [], recent: [] };
      this.put({ ...schedule, ...fresh });
      return "created";
    }
    if (before.definition === schedule.definition) return "unchanged";
    const { tenant, definition, nextMs } = schedule;
    this.put({ ...before, tenant, definition, nextMs, revision: before.revision + 1, changedAtMs: now });
    return "changed";
  }

  remove(id: string): "removed" | "not-found" {
    return this.#rows.delete(id) ? "removed" : "not-found";
  }

  pause(id: string): "paused" | "not-found" {
    const row = this.#rows.get(id);
    if (row === undefined) return "not-found";
    this.put({ ...row, paused: true });
    return "paused";
  }

  resume(version: ScheduleVersion, nextMs: number | undefined): "resumed" | "not-paused" | "stale" {
    const row = this.current(version);
    if (row === undefined) return "stale";
    if (!row.paused) return "not-paused";
    this.put({ ...row, paused: false, nextMs });
    return "resumed";
  }

  /** The schedule, while it is still as somebody has read it. */
  current({ id, createdAtMs, revision }: ScheduleVersion): ScheduleRow | undefined {
    const row = this.#rows.get(id);
    return row?.createdAtMs === createdAtMs && row.revision === revision ? row : undefined;
  }

  find({ ids, tenant }: ScheduleFilter, page: PageOptions): Page<ScheduleRow> {
    const { after, limit } = page;
    const keys = [...this.#rows.keys()].sort(byBytes);
    return pageOf({
      keys: after === undefined ? keys : keys.filter((id) => byBytes(id, after) > 0),
      limit,
      row: (id) => {
        const row = this.#rows.get(id);
        const fits = (ids?.includes(id) ?? true) && (tenant === undefined || row?.tenant === tenant);
        return fits ? row : undefined;
      },
    });
  }

  due(limit: number, now: number): DueSchedules {
    const waiting = [...this.#rows.values()].flatMap((row) =>
      row.paused || row.nextMs === undefined ? [] : [{ row, nextMs: row.nextMs }],
    );
    waiting.sort((left, right) => left.nextMs - right.nextMs || byBytes(left.row.id, right.row.id));
    const later = waiting.find(({ nextMs }) => nextMs > now);
    return {
      nowMs: now,
      rows: waiting
        .filter(({ nextMs }) => nextMs <= now)
        .slice(0, limit)
        .map(({ row }) => row),
      ...(later === undefined ? {} : { nextMs: later.nextMs }),
    };
  }
}
