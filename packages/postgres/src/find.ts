/** find on SQL: jobs as rows, live and finished. */
import type { JobFilter, JobId, JobRow, JobState, Page, PageOptions, RunId } from "@millrace/core";
import { optional, priorityOf } from "./codes.ts";
import type { Session } from "./session.ts";

/** A job as statements give it. */
export interface StoredJob {
  readonly id: JobId;
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly class: number;
  readonly state: JobState;
  readonly generation: number;
  readonly attempts: number;
  readonly interruptions: number;
  readonly rescues: number;
  readonly snoozes: number;
  readonly parent: JobId | null;
  readonly run: RunId | null;
  readonly created: string;
  readonly due: string;
  readonly finished: string | null;
  readonly fingerprint: string | null;
  readonly env: string;
  readonly checkpoint: string | null;
  readonly progress: string | null;
  readonly records: string;
  readonly expires: string | null;
}

/** The port's find. */
export async function findJobs(
  session: Session,
  filter: JobFilter,
  page: PageOptions,
): Promise<Page<JobRow>> {
  const rows = await session.run<StoredJob>("job/find", [
    filter.ids ?? null,
    filter.states ?? null,
    filter.queue ?? null,
    filter.name ?? null,
    filter.tenant ?? null,
    filter.run ?? null,
    filter.parent ?? null,
    page.after ?? null,
    page.limit,
  ]);
  const last = rows.at(-1);
  return {
    rows: rows.map(jobOf),
    ...(rows.length === page.limit && last !== undefined ? { next: last.id } : {}),
  };
}

/** Makes a row readable. */
export function jobOf(row: StoredJob): JobRow {
  return {
    id: row.id,
    queue: row.queue,
    name: row.name,
    tenant: row.tenant,
    priority: priorityOf(row.class),
    state: row.state,
    generation: row.generation,
    attempts: row.attempts,
    interruptions: row.interruptions,
    rescues: row.rescues,
    snoozes: row.snoozes,
    ...optional("parent", row.parent),
    ...optional("run", row.run),
    createdAtMs: Number(row.created),
    runAtMs: Number(row.due),
    ...(row.finished === null ? {} : { finishedAtMs: Number(row.finished) }),
    ...(row.expires === null ? {} : { expiresAtMs: Number(row.expires) }),
    ...optional("fingerprint", row.fingerprint),
    envelope: row.env,
    ...optional("checkpoint", row.checkpoint),
    ...optional("progress", row.progress),
    records: row.records,
  };
}
