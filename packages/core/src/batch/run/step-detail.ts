/** What the batch layer keeps in a step's row: one line of JSON that stores never read. */
import type { JobId } from "../../model/ids.ts";
import type { Json } from "../../model/json.ts";
import { withoutUndefined } from "../../model/options.ts";
import type { StepRow } from "../../model/step.ts";
import type { ItemsBefore } from "../step-failure.ts";
import type { StepError } from "./step-error.ts";
import type { StoredValues } from "./values.ts";

/** How fast a step has been lately. */
export interface KeptRate {
  readonly perSecond: number;
  /** The items that had ended when it was taken, and when that was, ms since the epoch. */
  readonly done: number;
  readonly atMs: number;
}

/** How far a step's reader is. */
export interface ReadingPlace {
  /** Of the last item whose chunk was spawned. */
  readonly cursor?: string | undefined;
  /** The reader has no more items. */
  readonly sealed: boolean;
}

/** What is kept of a step, or of a partition. */
export interface StepDetail {
  /** The job of the latest execution. */
  readonly job?: JobId | undefined;
  /** Of the definition that began the latest execution. */
  readonly version?: string | undefined;
  /** Jobs of earlier executions whose chunks have not been looked through for items they left. */
  readonly before?: readonly JobId[] | undefined;
  /** The step's context. */
  readonly context?: StoredValues | undefined;
  /** What it has set in the run's context; part of that once the step has ended. */
  readonly run?: StoredValues | undefined;
  /** What a task gave. */
  readonly result?: Json | undefined;
  readonly error?: StepError | undefined;
  readonly reading?: ReadingPlace | undefined;
  readonly rate?: KeptRate | undefined;
  /** What had been skipped and had failed when this execution of a chunk step began. */
  readonly base?: ItemsBefore | undefined;
  /** Of a partitioned step: how many partitions it has. */
  readonly partitions?: number | undefined;
  /** Of a partition: its place among those of its step, from 0, and what the partitioner gave for it. */
  readonly partition?: { readonly at: number; readonly context: Json } | undefined;
}

/** As text. */
export function detailText(detail: StepDetail): string {
  return JSON.stringify(withoutUndefined(detail));
}

/** Of a row; nothing where there is none yet. */
export function detailOf(row: Pick<StepRow, "detail"> | undefined): StepDetail {
  if (row === undefined || row.detail === "") return {};
  return JSON.parse(row.detail) as StepDetail; // written by detailText
}
