/** How far a run is: its steps, and the items of the one that has begun last. */
import { isFinishedRun, type RunRow, type RunState } from "../../model/run.ts";
import type { StepRow, StepState } from "../../model/step.ts";
import { sumOf } from "./execution-counts.ts";
import { ItemMeter, type ItemProgress } from "./item-progress.ts";
import { settledItems } from "./item-rate.ts";
import { newestStep, type PartitionProgress, type StepGroup, stepGroups } from "./step-groups.ts";

/** A step at one moment. */
export interface StepProgress {
  readonly name: string;
  readonly state: StepState;
  /** Executions begun so far. */
  readonly starts: number;
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs?: number | undefined;
  /** Its items' ends, where it has items. */
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  readonly failed?: number | undefined;
  /** Of a partitioned step: how many of its partitions have ended, and have begun, of all it has. */
  readonly partitions?: PartitionProgress | undefined;
}

/** A run's progress at one moment. Its figures are those of the step with items that has begun last. */
export interface RunProgress extends ItemProgress {
  readonly state: RunState;
  /** Whose items the figures count; absent before a step with items has begun. */
  readonly step?: string | undefined;
  /** Steps that have begun, in that order. */
  readonly steps: readonly StepProgress[];
}

/** Turns snapshots of a run into progress. */
export class RunMeter {
  readonly #meters = new Map<string, ItemMeter>();

  /** Takes the next snapshot; `nowMs` is monotonic. */
  see(row: RunRow, rows: readonly StepRow[], nowMs: number): RunProgress {
    const groups = stepGroups(row, rows);
    const newest = newestStep(groups);
    const name = newest?.name ?? "";
    const meter = this.#meters.get(name) ?? new ItemMeter();
    this.#meters.set(name, meter);
    const items = meter.see(newest?.counts ?? sumOf([], 0), {
      isOver: isFinishedRun(row.state),
      nowMs,
      keptPerSecond: newest?.keptPerSecond,
    });
    return {
      state: row.state,
      ...(newest === undefined ? {} : { step: newest.name }),
      steps: groups.map(stepProgress),
      ...items,
    };
  }
}

function stepProgress({ name, whole, parts, counts }: StepGroup): StepProgress {
  const { state, starts, startedAtMs, finishedAtMs } = whole;
  return {
    ...{ name, state, starts },
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
    ...(counts && {
      done: settledItems(counts.counters),
      failed: counts.counters["failed"] ?? 0,
      ...(counts.total === undefined ? {} : { total: counts.total }),
    }),
    ...(parts && { partitions: parts }),
  };
}
