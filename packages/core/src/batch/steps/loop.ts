/** Where the chunk loop of a step execution stands: its checkpoint, and what of it the step's row keeps. */
import type { JobContext } from "../../job/context.ts";
import type { WriteParts } from "../../job/control.ts";
import { withoutUndefined } from "../../model/options.ts";
import { type StepRef, type StepRow, type StepState, stepScope } from "../../model/step.ts";
import type { ChunkSizeState } from "../chunk-size.ts";
import type { ChunkStep } from "../chunk-step.ts";
import type { ExecutionLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import {
  detailOf,
  detailText,
  type KeptRate,
  type ReadingPlace,
  type StepDetail,
} from "../run/step-detail.ts";
import type { StepError } from "../run/step-error.ts";
import type { StoredValues } from "../run/values.ts";
import type { ItemsBefore } from "../step-failure.ts";
import type { Execution } from "./execution.ts";

/** A chunk loop's checkpoint. */
export interface Progress extends ReadingPlace {
  /** Failed items of earlier executions are still to be spawned, from behind this place in the ledger. */
  readonly again?: { readonly after?: string | undefined } | undefined;
  /** The attempt that got here; only later ones count against the next window. */
  readonly attempt?: number | undefined;
  /** What fails the step as soon as the chunks in flight have ended. */
  readonly failure?: StepError | undefined;
  /** What had been skipped and had failed when this execution began: its policy does not count it. */
  readonly base: ItemsBefore;
  readonly size?: ChunkSizeState | undefined;
  /** The step's context, and what it has set in the run's. */
  readonly context?: StoredValues | undefined;
  readonly run?: StoredValues | undefined;
  readonly rate?: KeptRate | undefined;
}

/** What one wake-up of a chunk loop works with. */
export interface Loop {
  readonly parts: RunParts;
  readonly ctx: JobContext;
  readonly look: ExecutionLook;
  readonly execution: Execution;
  readonly chunks: ChunkStep;
  readonly step: StepRef;
  /** The execution's row, as of that look. */
  readonly row: StepRow;
  readonly progress: Progress;
}

/** The execution's counters, as they are now. */
export async function freshCounters({
  parts,
  step,
}: Pick<Loop, "parts" | "step">): Promise<Readonly<Record<string, number>>> {
  const scope = stepScope(step);
  return (await parts.store.counters([scope]))[scope] ?? {};
}

/** The parts that keep this progress: checkpoint and row say the same. */
export function kept(
  loop: Loop,
  progress: Progress,
  state: StepState = "running",
): Pick<WriteParts, "checkpoint" | "marks"> {
  const { row } = loop;
  const { run, step } = loop.step;
  const { cursor, sealed, context, rate, failure, base } = progress;
  const detail: StepDetail = {
    ...detailOf(row),
    ...{ before: undefined, context, run: progress.run, rate, base, reading: { cursor, sealed } },
    error: state === "failed" ? failure : undefined,
  };
  return {
    checkpoint: JSON.stringify(withoutUndefined(progress)),
    marks: [{ run, step, state, starts: row.starts, detail: detailText(detail) }],
  };
}
