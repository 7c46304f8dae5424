/** find on SQL: jobs as rows, live and finished. */
import {
  checkPeek,
  type JobFilter,
  type JobId,
  type JobRow,
  type JobState,
  markOf,
  type Page,
  type PageOptions,
  type PeekOptions,
  PRIORITIES,
  type RunId,
  tagsOf,
} from "@millrace/core";
import { classCode, optional, priorityOf } from "./codes.ts";
import type { Session } from "./session.ts";
import type { SqlValue } from "./sql-client.ts";

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

/** Where jobs are and whose. */
function ofPlace(filter: JobFilter): readonly SqlValue[] {
  const { ids, states, queue, name, tenant, run, parent } = filter;
  return [ids, states, queue, name, tenant, run, parent].map((value) => value ?? null);
}

/** What jobs are like, and when they were. */
function ofKind(filter: JobFilter): readonly SqlValue[] {
  const { priorities, createdFromMs, createdUntilMs, finishedUntilMs, fingerprints, tags } = filter;
  const classes = priorities?.map(classCode);
  const marks = tags?.map(markOf);
  return [classes, createdFromMs, createdUntilMs, finishedUntilMs, fingerprints, marks].map(
    (value) => value ?? null,
  );
}

/** The port's peek. */
export async function peekQueue(
  session: Session,
  queue: string,
  { priorities = PRIORITIES, limit }: PeekOptions,
): Promise<readonly JobRow[]> {
  checkPeek(limit);
  const classes = [...new Set(priorities)].map(classCode);
  return (await session.run<StoredJob>("job/peek", [queue, classes, limit])).map(jobOf);
}

/** The port's find. */
export async function findJobs(
  session: Session,
  filter: JobFilter,
  page: PageOptions,
): Promise<Page<JobRow>> {
  const found: JobRow[] = [];
  for (let { after } = page; ; ) {
    const { rows, next } = await candidates(session, filter, { limit: page.limit - found.length, after });
    found.push(...rows.filter((row) => hasTags(row, filter)));
    if (next === undefined) return { rows: found };
    if (found.length === page.limit) return { rows: found, next };
    after = next;
  }
}

/** What the statement cannot tell: a text that stands in the envelope may stand elsewhere than among its tags. */
function hasTags({ envelope }: JobRow, { tags = [] }: JobFilter): boolean {
  if (tags.length === 0) return true;
  const own = tagsOf(envelope);
  return tags.every((tag) => own.includes(tag));
}

async function candidates(session: Session, filter: JobFilter, page: PageOptions): Promise<Page<JobRow>> {
  const { after = null, limit } = page;
  const values = [...ofPlace(filter), after, limit, ...ofKind(filter)];
  const rows = await session.run<StoredJob>("job/find", values);
  const last = rows.at(-1);
  return {
    rows: rows.map(jobOf),
    ...(rows.length === limit && last !== undefined ? { next: last.id } : {}),
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
