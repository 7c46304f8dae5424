/** Job logs: of each generation the last thousand lines. */
import type { JobId } from "../model/ids.ts";
import { LOG_LIMITS, type LogPart, type LogRow } from "../model/report.ts";
import type { Page, PageOptions } from "../store/call.ts";
import { logCursor, logPlace } from "../store/log-cursor.ts";

interface Lines {
  readonly rows: LogRow[];
  /** The number of the last line, kept or not. */
  last: number;
}

/** Lines by job and generation. */
export class Logs {
  readonly #jobs = new Map<JobId, Map<number, Lines>>();

  add(of: { readonly id: JobId; readonly generation: number }, part: LogPart, now: number): void {
    if (part.lines.length === 0) return;
    const generations = this.#jobs.get(of.id) ?? new Map<number, Lines>();
    const lines = generations.get(of.generation) ?? { rows: [], last: 0 };
    lines.last += part.skipped;
    for (const { level, line, ageMs } of part.lines) {
      lines.last += 1;
      lines.rows.push({ generation: of.generation, seq: lines.last, atMs: now - ageMs, level, line });
    }
    const first = lines.rows.findIndex(({ seq }) => seq > lines.last - LOG_LIMITS.lines);
    lines.rows.splice(0, first);
    this.#jobs.set(of.id, generations.set(of.generation, lines));
  }

  list(job: JobId, page: PageOptions): Page<LogRow> {
    const place = logPlace(page.after);
    const rows = [...(this.#jobs.get(job)?.values() ?? [])]
      .flatMap((lines) => lines.rows)
      .filter(({ generation, seq }) =>
        generation === place.generation ? seq > place.seq : generation > place.generation,
      );
    const shown = rows.slice(0, page.limit);
    const last = shown.at(-1);
    return rows.length > shown.length && last ? { rows: shown, next: logCursor(last) } : { rows: shown };
  }

  /** Forgets all of a job that is deleted. */
  drop(job: JobId): void {
    this.#jobs.delete(job);
  }
}
