/** Which jobs an operation is for, in the order in which their turns come. */
import type { JobId } from "../model/ids.ts";
import { isTerminal } from "../model/job.ts";
import type { OperationFilter } from "../model/operation.ts";
import { type Job, jobRow } from "./job.ts";
import type { Memory } from "./memory.ts";

/** What is looked for. */
export interface Selection {
  readonly filter: OperationFilter;
  /** Jobs that finished later, or where live ones are meant were enqueued later, are left out. */
  readonly beganAtMs: number;
  readonly after: JobId | undefined;
}

/** The jobs found, by id. */
export function* selected(memory: Memory, { filter, beganAtMs, after }: Selection): Generator<Job> {
  const ids = filter.ids && new Set(filter.ids);
  const now = memory.clock.now();
  for (const id of memory.jobs.oldestFirst(after)) {
    const job = ids === undefined || ids.has(id) ? memory.jobs.get(id) : undefined;
    if (job !== undefined && isMeant(job, { filter, beganAtMs, now })) yield job;
  }
}

const PLAIN_FIELDS = ["queue", "name", "tenant", "run", "fingerprint"] as const;

/** Whether an operation is for the job as it is now. */
export function isMeant(
  job: Job,
  of: { readonly filter: OperationFilter; readonly beganAtMs: number; readonly now: number },
): boolean {
  const row = jobRow(job, of.now);
  const atMs = isTerminal(row.state) ? (row.finishedAtMs ?? 0) : row.createdAtMs;
  if (atMs > of.beganAtMs || !of.filter.states.includes(row.state)) return false;
  return PLAIN_FIELDS.every((field) => of.filter[field] === undefined || of.filter[field] === row[field]);
}
