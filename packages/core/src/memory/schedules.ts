/** The schedules of a memory store. */
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

/** What setting a schedule came to. */
interface ScheduleSet {
  readonly result: "created" | "changed" | "unchanged";
  readonly after: ScheduleRow;
}

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

  /** Gives what it came to, and the schedule as it is then. */
  set(schedule: NewSchedule, now: number): ScheduleSet {
    const before = this.#rows.get(schedule.id);
    if (before === undefined) {
      const fresh = { revision: 1, paused: false, createdAtMs: now, changedAtMs: now, jobs: [], recent: [] };
      return this.#set("created", { ...schedule, ...fresh });
    }
    if (before.definition === schedule.definition) return { result: "unchanged", after: before };
    const { tenant, definition, nextMs } = schedule;
    const revision = before.revision + 1;
    return this.#set("changed", { ...before, tenant, definition, nextMs, revision, changedAtMs: now });
  }

  #set(result: "created" | "changed", after: ScheduleRow): ScheduleSet {
    this.put(after);
    return { result, after };
  }

  remove(id: string): void {
    this.#rows.delete(id);
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
