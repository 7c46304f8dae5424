/** Where a coordinator stands in its pipeline: its checkpoint. */
import type { JobId } from "../../model/ids.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import type { RunError } from "../run/step-error.ts";
import { executionOf } from "../steps/execution.ts";
import type { Line } from "./partitions.ts";

/** Where it stands. */
export interface Standing {
  /** The place of the step that is next, or under way. */
  readonly at: number;
  /** Jobs of the executions under way, by the executions' names; absent where the step has not begun. */
  readonly jobs?: Readonly<Record<string, JobId>> | undefined;
  /** Partitions that have not begun; absent where the step has none. */
  readonly line?: Line | undefined;
  /** What fails the run: later steps do not begin, but for those that always run. */
  readonly failure?: RunError | undefined;
  /** The attempt that got here; only later ones count against a condition or a partitioner that fails. */
  readonly attempt?: number | undefined;
}

/** The same where executions are under way. */
export type Waiting = Standing & { readonly jobs: NonNullable<Standing["jobs"]> };

/** A standing as it is kept: with the step's name, for another version of the program may have it in another place. */
type Checkpoint = Omit<Standing, "at"> & { readonly step: string };

/** The checkpoint of a coordinator that waits for executions of a step. */
export function checkpointOf(step: string, { jobs, line, failure, attempt }: Standing): string {
  const checkpoint: Checkpoint = { step, jobs, line, failure, attempt };
  return JSON.stringify(checkpoint);
}

/**
 * Of a coordinator's `ctx.checkpoint`, at the place that its step has in this definition.
 * @throws PutOffError where it has none: a worker of a definition that has it goes on.
 */
export function standingOf(definition: PipelineDefinition, checkpoint: string | undefined): Standing {
  if (checkpoint === undefined) return { at: 0 };
  const { step, ...rest } = JSON.parse(checkpoint) as Checkpoint; // written by checkpointOf
  return { ...rest, at: executionOf(definition, step).index };
}
