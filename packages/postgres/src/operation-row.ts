/** Rows of operations on SQL: what of one is json, and how it is read. */
import type {
  JobId,
  NewOperation,
  OperationAction,
  OperationFilter,
  OperationId,
  OperationProblem,
  OperationRow,
  OperationState,
} from "@millrace/core";
import { optional } from "./codes.ts";

/** An operation as statements give it. */
export interface StoredOperation {
  readonly id: OperationId;
  readonly action: OperationAction;
  readonly state: OperationState;
  readonly filter: string;
  readonly terms: string;
  readonly created: string;
  readonly finished: string | null;
  readonly turn: number;
  readonly cursor: string | null;
  readonly done: string;
  readonly skipped: string;
  readonly failed: string;
  readonly problems: string;
  readonly canary: string;
  readonly canary_passed: boolean;
  readonly error: string | null;
}

type Terms = Pick<NewOperation, "priority" | "perSecond" | "canary" | "patch" | "note" | "total">;

/** The terms of an operation, as their column has them. */
export function termsText({ priority, perSecond, canary, patch, note, total }: NewOperation): string {
  const terms: Terms = { priority, perSecond, canary, patch, note, total };
  return JSON.stringify(terms);
}

/** Makes a row readable. Its json was written by this package. */
export function operationOf(row: StoredOperation): OperationRow {
  const terms = JSON.parse(row.terms) as Terms;
  return {
    id: row.id,
    action: row.action,
    filter: JSON.parse(row.filter) as OperationFilter,
    ...terms,
    state: row.state,
    createdAtMs: Number(row.created),
    ...(row.finished === null ? {} : { finishedAtMs: Number(row.finished) }),
    turn: row.turn,
    done: Number(row.done),
    skipped: Number(row.skipped),
    failed: Number(row.failed),
    problems: JSON.parse(row.problems) as readonly OperationProblem[],
    canaryJobs: JSON.parse(row.canary) as readonly JobId[],
    isCanaryPassed: row.canary_passed,
    ...optional("error", row.error),
  };
}
