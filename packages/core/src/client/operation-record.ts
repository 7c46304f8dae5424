/** Operations as people see them: one shape for library, HTTP and CLI. */
import type { OperationId } from "../model/ids.ts";
import type { Priority } from "../model/job.ts";
import type { Json } from "../model/json.ts";
import type {
  Canary,
  OperationAction,
  OperationFilter,
  OperationProblem,
  OperationRow,
  OperationState,
} from "../model/operation.ts";

/** An operation. Instants are ISO 8601 in UTC; what is not known or was not asked for is `null`. */
export interface OperationRecord {
  readonly id: OperationId;
  readonly action: OperationAction;
  readonly state: OperationState;
  readonly filter: OperationFilter;
  readonly reason: string | null;
  readonly by: string | null;
  readonly perSecond: number | null;
  readonly canary: Canary | null;
  /** The merge patch for payloads. */
  readonly patch: Json;
  /** The class jobs are to be of. */
  readonly priority: Priority | null;
  /** How many jobs there were when they were counted before. */
  readonly total: number | null;
  /** Jobs the action took effect on. */
  readonly done: number;
  /** Jobs that had moved on when their turn came, or were of the class already. */
  readonly skipped: number;
  /** Jobs that could not be treated, and stay as they are. */
  readonly failed: number;
  /** Why, of the first 20 of these. */
  readonly problems: readonly OperationProblem[];
  /** Why it failed or was aborted. */
  readonly error: string | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

/** Makes a row readable. */
export function operationRecord(row: OperationRow): OperationRecord {
  const { note, patch, finishedAtMs } = row;
  return {
    id: row.id,
    action: row.action,
    state: row.state,
    filter: row.filter,
    reason: note.reason ?? null,
    by: note.by ?? null,
    perSecond: row.perSecond ?? null,
    canary: row.canary ?? null,
    patch: patch === undefined ? null : (JSON.parse(patch) as Json), // checked where the operation was made
    priority: row.priority ?? null,
    total: row.total ?? null,
    done: row.done,
    skipped: row.skipped,
    failed: row.failed,
    problems: row.problems,
    error: row.error ?? null,
    createdAt: new Date(row.createdAtMs).toISOString(),
    finishedAt: finishedAtMs === undefined ? null : new Date(finishedAtMs).toISOString(),
  };
}
