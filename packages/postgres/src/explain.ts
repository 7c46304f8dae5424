/** explain on SQL: facts about jobs, as one statement finds them. */
import {
  type AwaitedChildren,
  type JobFacts,
  type JobId,
  type JobState,
  noteOf,
  type PutOff,
  type WaitCondition,
} from "@millrace/core";
import { optional, priorityOf } from "./codes.ts";
import type { Session } from "./session.ts";

interface StoredFacts {
  readonly id: JobId;
  readonly now: string;
  readonly queue: string;
  readonly name: string;
  readonly class: number;
  readonly state: JobState;
  readonly attempts: number;
  readonly rescues: number;
  readonly created: string;
  readonly due: string;
  readonly finished: string | null;
  readonly expires: string | null;
  readonly suspect: boolean;
  readonly records: string;
  readonly cancel_record: string | null;
  readonly paused: boolean;
  readonly in_class: number | null;
  readonly higher: number | null;
  readonly line_first: JobId | null;
  readonly line_ahead: number | null;
  readonly put_off: boolean;
  readonly limit: string | null;
  readonly reason: string | null;
  readonly held_until: string | null;
  readonly held_reason: string | null;
  readonly worker: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly waits: boolean;
  readonly pending: number | null;
  readonly failed: number | null;
  readonly total: number | null;
  readonly policy: number | null;
  readonly target: number | null;
  readonly wake_at: number | null;
  /** JSON of ids. */
  readonly unfinished: string | null;
  readonly in_line: boolean;
  readonly live: number;
  readonly able: number;
  readonly free: number;
}

/** The port's explain. */
export async function explainJobs(session: Session, ids: readonly JobId[]): Promise<readonly JobFacts[]> {
  if (ids.length === 0) return [];
  const rows = await session.run<StoredFacts>("job/explain", [[...new Set(ids)]]);
  return rows.map(factsOf);
}

function factsOf(row: StoredFacts): JobFacts {
  return {
    id: row.id,
    queue: row.queue,
    name: row.name,
    priority: priorityOf(row.class),
    state: row.state,
    attempts: row.attempts,
    rescues: row.rescues,
    createdAtMs: Number(row.created),
    runAtMs: Number(row.due),
    ...optionalMs("finishedAtMs", row.finished),
    ...optionalMs("expiresAtMs", row.expires),
    records: row.records,
    nowMs: Number(row.now),
    isSuspect: row.suspect,
    isPaused: row.paused,
    ...standingOf(row),
    ...holdOf(row),
    ...optional("cancelling", row.cancel_record === null ? null : noteOf(row.cancel_record)),
    ...(row.waits ? { children: childrenOf(row) } : {}),
  };
}

/** What belongs to jobs in line. */
function standingOf(row: StoredFacts): Pick<JobFacts, "ahead" | "line" | "putOff" | "takers"> {
  const { in_class, higher, line_first, line_ahead, live, able, free } = row;
  return {
    ...(in_class === null || higher === null ? {} : { ahead: { inClass: in_class, higher } }),
    ...(line_ahead === null ? {} : { line: { ...optional("first", line_first), ahead: line_ahead } }),
    ...(row.put_off ? { putOff: putOffOf(row) } : {}),
    ...(row.in_line ? { takers: { live, able, free } } : {}),
  };
}

function putOffOf({ limit, reason, held_until, held_reason }: StoredFacts): PutOff {
  return {
    ...optional("limit", limit),
    ...optional("reason", reason),
    ...(held_until === null
      ? {}
      : { hold: { untilMs: Number(held_until), ...optional("reason", held_reason) } }),
  };
}

function holdOf({ worker, since, until }: StoredFacts): Pick<JobFacts, "hold"> {
  if (worker === null) return {};
  return { hold: { worker, ...optionalMs("sinceMs", since), untilMs: Number(until) } };
}

function childrenOf(row: StoredFacts): AwaitedChildren {
  const { pending, failed, total } = row;
  const unfinished = row.unfinished === null ? [] : (JSON.parse(row.unfinished) as readonly JobId[]); // json_agg of ids
  const completed = Math.max((total ?? 0) - (pending ?? 0) - (failed ?? 0), 0);
  return { total: total ?? 0, completed, failed: failed ?? 0, condition: conditionOf(row), unfinished };
}

/** The inverse of `policyColumns`. */
function conditionOf({ policy, target, wake_at }: StoredFacts): WaitCondition {
  switch (policy) {
    case 1:
      return { kind: "wait-all" };
    case 2:
      return { kind: "fail-fast" };
    case 3:
      return { kind: "quorum", n: target ?? 0 };
    case 4:
      return { kind: "tolerate", percent: target ?? 0 };
    default:
      return { kind: "threshold", wakeAt: wake_at ?? 0 };
  }
}

function optionalMs<K extends string>(key: K, ms: string | null): { readonly [P in K]?: number } {
  return optional(key, ms === null ? null : Number(ms));
}
