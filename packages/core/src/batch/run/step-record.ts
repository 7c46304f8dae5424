/** A step of a run as programs are shown it. */
import type { Json } from "../../model/json.ts";
import type { RunRow } from "../../model/run.ts";
import type { StepRow, StepState } from "../../model/step.ts";
import type { ChunkResult } from "../pipeline/pipeline.ts";
import { shownCounts } from "./shown-counts.ts";
import { detailOf } from "./step-detail.ts";
import type { StepError } from "./step-error.ts";
import type { StoredValues } from "./values.ts";

/** A step, or a partition of one (`step/partition`). */
export interface StepRecord {
  readonly name: string;
  readonly state: StepState;
  /** Executions begun so far. */
  readonly starts: number;
  /** Of the definition that began the latest execution, where it has one. */
  readonly version?: string | undefined;
  /** ISO 8601, UTC; of the latest execution. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** What a task gave. */
  readonly result?: Json | undefined;
  readonly error?: StepError | undefined;
  /** The step's context. */
  readonly context: StoredValues;
  /** Of a step with items. */
  readonly counts?: ChunkResult | undefined;
}

/** The record of a row. */
export function stepRecord(row: StepRow, run: Pick<RunRow, "counters">): StepRecord {
  const { result, error, version, context = {} } = detailOf(row);
  const counters = run.counters[row.step];
  return {
    name: row.step,
    state: row.state,
    starts: row.starts,
    ...(version === undefined ? {} : { version }),
    startedAt: iso(row.startedAtMs),
    finishedAt: iso(row.finishedAtMs),
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    context,
    ...(counters && { counts: shownCounts(counters) }),
  };
}

function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
