/** Jobs as people see them: one shape for library, HTTP and CLI. */
import { type AttemptError, decodeAttempts, type EndedAttempt } from "../model/attempt.ts";
import { type Envelope, openEnvelope } from "../model/envelope.ts";
import type { JobId, RunId } from "../model/ids.ts";
import type { JobRow, JobState, Priority } from "../model/job.ts";
import type { Json } from "../model/json.ts";
import { decodeProgress, type JobProgress } from "../model/report.ts";
import type { RetryPolicy } from "../model/retry.ts";

/** A job, live or finished. Instants are ISO 8601 in UTC; what is not known is `null`. */
export interface JobRecord {
  readonly id: JobId;
  readonly name: string;
  readonly queue: string;
  readonly priority: Priority;
  readonly tenant: string;
  readonly tags: readonly string[];
  readonly state: JobState;
  readonly generation: number;
  readonly run: RunId | null;
  readonly parent: JobId | null;
  readonly input: Json;
  /** What the last attempt returned, of a completed job. */
  readonly result: Json;
  /** Of the last failed attempt, while no later one has succeeded. */
  readonly error: AttemptError | null;
  /** The last its handler told of; `null` where it never did. */
  readonly progress: JobProgress | null;
  readonly attempts: number;
  /** `null` where the definition is not known here. */
  readonly maxAttempts: number | null;
  readonly interruptions: number;
  readonly rescues: number;
  readonly snoozes: number;
  readonly correlationId: string | null;
  readonly submittedBy: string | null;
  readonly createdAt: string;
  readonly runAt: string;
  /** Of the last ended attempt. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When the job expires if it is in line then; `null` once it has ended. */
  readonly expiresAt: string | null;
  readonly updatedAt: string;
  /** Ended attempts, oldest first. */
  readonly history: readonly AttemptView[];
}

/** An ended attempt, or the end that a cancel made. */
export interface AttemptView {
  /** 1 until an operator had the job run again; attempts are counted anew in each. */
  readonly generation: number;
  readonly attempt: number;
  readonly worker: string | null;
  readonly outcome: EndedAttempt["outcome"];
  readonly startedAt: string | null;
  readonly endedAt: string;
  readonly durationMs: number | null;
  readonly error: AttemptError | null;
}

/** The policy of jobs that carry none of their own, where their definition is known. */
export type PolicyOf = (job: Pick<JobRow, "name" | "priority">) => RetryPolicy | undefined;

/** Makes a row readable. `policyOf` finds the retry policy of jobs that carry none of their own. */
export function jobRecord(row: JobRow, policyOf: PolicyOf = () => undefined): JobRecord {
  const envelope = opened(row.envelope);
  const attempts = decodeAttempts(row.records);
  const last = attempts.findLast(({ generation }) => generation === row.generation);
  return {
    id: row.id,
    name: row.name,
    queue: row.queue,
    priority: row.priority,
    tenant: row.tenant,
    tags: envelope?.tags ?? [],
    state: row.state,
    generation: row.generation,
    run: row.run ?? null,
    parent: row.parent ?? null,
    input: envelope?.payload ?? null,
    result: last?.result ?? null,
    error: last?.error ?? null,
    progress: decodeProgress(row.progress),
    attempts: row.attempts,
    maxAttempts: maxAttempts(row, envelope, policyOf),
    interruptions: row.interruptions,
    rescues: row.rescues,
    snoozes: row.snoozes,
    correlationId: envelope?.correlationId ?? null,
    submittedBy: envelope?.submittedBy ?? null,
    createdAt: instant(row.createdAtMs),
    runAt: instant(row.runAtMs),
    startedAt: last === undefined ? null : startOf(last),
    finishedAt: row.finishedAtMs === undefined ? null : instant(row.finishedAtMs),
    expiresAt: row.expiresAtMs === undefined ? null : instant(row.expiresAtMs),
    updatedAt: instant(row.finishedAtMs ?? last?.endedAtMs ?? row.createdAtMs),
    history: historyOf(attempts),
  };
}

/** Of a codec this version does not know, nothing can be shown, but the row still can. */
function opened(text: string): Envelope | undefined {
  try {
    return openEnvelope(text);
  } catch {
    return undefined;
  }
}

function maxAttempts(row: JobRow, envelope: Envelope | undefined, policyOf: PolicyOf): number | null {
  const own = envelope?.maxAttempts ?? envelope?.retry?.maxAttempts;
  return own ?? policyOf(row)?.maxAttempts ?? null;
}

/** Attempts as people see them, oldest first, numbered within their generation. */
function historyOf(attempts: readonly EndedAttempt[]): readonly AttemptView[] {
  let first = 0;
  return attempts.map((attempt, index) => {
    if (attempt.generation !== attempts[first]?.generation) first = index;
    return attemptView(attempt, index - first + 1);
  });
}

function attemptView(attempt: EndedAttempt, number: number): AttemptView {
  return {
    generation: attempt.generation,
    attempt: number,
    worker: attempt.worker ?? null,
    outcome: attempt.outcome,
    startedAt: startOf(attempt),
    endedAt: instant(attempt.endedAtMs),
    durationMs: attempt.durationMs ?? null,
    error: attempt.error ?? null,
  };
}

/** The store's word on the end, less what the worker measured. */
function startOf({ endedAtMs, durationMs }: EndedAttempt): string | null {
  return durationMs === undefined ? null : instant(endedAtMs - durationMs);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
