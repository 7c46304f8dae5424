/** A run's step rows by step: those of partitions with the step they are of. */
import type { RunRow } from "../../model/run.ts";
import { isEndedStep, type StepRow } from "../../model/step.ts";
import { stepOfExecution } from "../steps/execution.ts";
import { type ExecutionCounts, sumOf } from "./execution-counts.ts";
import { detailOf } from "./step-detail.ts";

/** How far the partitions of a step are. */
export interface PartitionProgress {
  readonly ended: number;
  readonly begun: number;
  readonly total: number;
}

/** A step with what its executions have counted. */
export interface StepGroup {
  readonly name: string;
  readonly whole: StepRow;
  /** Of a partitioned step. */
  readonly parts: PartitionProgress | undefined;
  /** Of a step that has counted items. */
  readonly counts: ExecutionCounts | undefined;
  /** Items a second, as the step's own jobs have seen it. */
  readonly keptPerSecond: number;
}

/** Steps that have begun, in that order. */
export function stepGroups(run: Pick<RunRow, "counters">, rows: readonly StepRow[]): readonly StepGroup[] {
  const byStep = new Map<string, StepRow[]>();
  for (const row of rows) {
    const name = stepOfExecution(row.step);
    const own = byStep.get(name);
    if (own === undefined) byStep.set(name, [row]);
    else own.push(row);
  }
  const groups = [...byStep].flatMap(([name, all]) => {
    const whole = all.find((row) => row.step === name);
    return whole === undefined ? [] : [groupOf(run, name, { whole, all })];
  });
  return groups.toSorted((a, b) => (a.whole.startedAtMs ?? 0) - (b.whole.startedAtMs ?? 0));
}

function groupOf(
  run: Pick<RunRow, "counters">,
  name: string,
  { whole, all }: { readonly whole: StepRow; readonly all: readonly StepRow[] },
): StepGroup {
  const parts = all.filter((row) => row !== whole);
  const { partitions } = detailOf(whole);
  const counters = Object.entries(run.counters)
    .filter(([execution]) => stepOfExecution(execution) === name)
    .map(([, counts]) => counts);
  return {
    name,
    whole,
    parts:
      partitions === undefined
        ? undefined
        : {
            ended: parts.filter((row) => isEndedStep(row.state)).length,
            begun: parts.length,
            total: partitions,
          },
    counts: counters.length === 0 ? undefined : sumOf(counters, partitions ?? 1),
    keptPerSecond: all.reduce((sum, row) => sum + (detailOf(row).rate?.perSecond ?? 0), 0),
  };
}

/** The step with items that has begun last. */
export function newestStep(groups: readonly StepGroup[]): StepGroup | undefined {
  return groups.findLast(({ counts }) => counts !== undefined);
}
