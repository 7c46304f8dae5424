/** Where a coordinator stands in its pipeline: its checkpoint. */
import type { JobId } from "../../model/ids.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import type { RunError } from "../run/step-error.ts";
import { executionOf } from "../steps/execution.ts";

/** A checkpoint. */
export interface Standing {
  /** The place of the step that is next, or under way. */
  readonly at: number;
  /** The name of the step under way, which is found by it where the definition has changed since. */
  readonly step?: string | undefined;
  /** Jobs of the executions under way, by the executions' names; absent where the step has not begun. */
  readonly jobs?: Readonly<Record<string, JobId>> | undefined;
  /** Partitions that have not begun, in order. */
  readonly waiting?: readonly string[] | undefined;
  /** What fails the run: later steps do not begin, but for those that always run. */
  readonly failure?: RunError | undefined;
  /** The attempt that got here; only later ones count against a condition or a partitioner that fails. */
  readonly attempt?: number | undefined;
}

/**
 * Of a coordinator's `ctx.checkpoint`, at the place that its step has in this definition.
 * @throws PutOffError where it has none: a worker of a definition that has it goes on.
 */
export function standingOf(definition: PipelineDefinition, checkpoint: string | undefined): Standing {
  if (checkpoint === undefined) return { at: 0 };
  const standing = JSON.parse(checkpoint) as Standing; // written by a coordinator
  if (standing.step === undefined) return standing; // by one that kept places alone
  return { ...standing, at: executionOf(definition, standing.step).index };
}
