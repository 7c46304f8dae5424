/** Job logs on SQL: appended behind the fence, read page by page. */
import {
  type HolderWrite,
  type JobId,
  type JobLogLevel,
  LOG_LIMITS,
  type LogRow,
  logCursor,
  logPlace,
  type Page,
  type PageOptions,
} from "@millrace/core";
import type { Session } from "./session.ts";

/** Appends the log lines of writes that hold. */
export async function saveLogs(session: Session, writes: readonly HolderWrite[]): Promise<void> {
  const rows = writes.flatMap(({ id, log }) =>
    (log?.lines ?? []).map(({ level, line, ageMs }, index) => ({
      id,
      n: (log?.skipped ?? 0) + index + 1,
      level,
      line,
      age: ageMs,
    })),
  );
  if (rows.length > 0) await session.run("log/append", [JSON.stringify(rows), LOG_LIMITS.lines]);
}

interface StoredLine {
  readonly generation: number;
  readonly seq: number;
  readonly at: string;
  readonly level: JobLogLevel;
  readonly line: string;
}

/** The port's logs. */
export async function findLogs(session: Session, job: JobId, page: PageOptions): Promise<Page<LogRow>> {
  const { generation, seq } = logPlace(page.after);
  const rows = await session.run<StoredLine>("log/find", [job, generation, seq, page.limit]);
  const last = rows.at(-1);
  return {
    rows: rows.map(({ at, ...row }) => ({ ...row, atMs: Number(at) })),
    ...(rows.length === page.limit && last !== undefined ? { next: logCursor(last) } : {}),
  };
}
