/** Exact counts of what became of jobs, read from their rows. */
import { decodeAttempts } from "../model/attempt.ts";
import { JOB_STATES, type JobRow, type JobState } from "../model/job.ts";
import type { JobFilter } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";

/** Whose jobs to count: those of a definition, or what every field given matches. */
export type CountFilter = Pick<JobFilter, "name" | "queue" | "tenant">;

/** How many jobs are in each state now, and how often what happened. */
export interface JobCounts extends Readonly<Record<JobState, number>> {
  /** Jobs ever enqueued, children among them. */
  readonly enqueued: number;
  /** Handler failures and successes. */
  readonly attempts: number;
  /** Failed attempts that were given another. */
  readonly retried: number;
  /** Attempts given back after they had started. */
  readonly interrupted: number;
  /** Times a job's lease ran out under it. */
  readonly rescued: number;
}

const PAGE = 1_000;

/** All jobs that fit, oldest first. */
export async function allJobs(store: Store, filter: JobFilter): Promise<readonly JobRow[]> {
  const rows: JobRow[] = [];
  let after: string | undefined;
  do {
    const page = await store.find(filter, { limit: PAGE, after });
    rows.push(...page.rows);
    after = page.next;
  } while (after !== undefined);
  return rows.reverse();
}

/** Counts rows. */
export function countsOf(rows: readonly JobRow[]): JobCounts {
  const byState = Object.fromEntries(
    JOB_STATES.map((state) => [state, rows.filter((row) => row.state === state).length]),
  ) as Record<JobState, number>; // of all states
  return {
    ...byState,
    enqueued: rows.length,
    attempts: sum(rows, (row) => row.attempts),
    retried: sum(rows, retries),
    interrupted: sum(rows, (row) => row.interruptions),
    rescued: sum(rows, (row) => row.rescues),
  };
}

function sum(rows: readonly JobRow[], count: (row: JobRow) => number): number {
  return rows.reduce((total, row) => total + count(row), 0);
}

function retries(row: JobRow): number {
  return decodeAttempts(row.records).filter(({ outcome }) => outcome === "retry").length;
}
