/** Where a coordinator stands in its pipeline: its checkpoint. */
import type { JobId } from "../../model/ids.ts";
import type { RunError } from "../run/step-error.ts";

/** A checkpoint. */
export interface Standing {
  /** The place of the step that is next, or under way. */
  readonly at: number;
  /** Jobs of the executions under way, by the executions' names; absent where the step has not begun. */
  readonly jobs?: Readonly<Record<string, JobId>> | undefined;
  /** Partitions that have not begun, in order. */
  readonly waiting?: readonly string[] | undefined;
  /** What fails the run: later steps do not begin, but for those that always run. */
  readonly failure?: RunError | undefined;
  /** The attempt that got here; only later ones count against a condition or a partitioner that fails. */
  readonly attempt?: number | undefined;
}

/** Of a coordinator's `ctx.checkpoint`. */
export function standingOf(checkpoint: string | undefined): Standing {
  return checkpoint === undefined ? { at: 0 } : (JSON.parse(checkpoint) as Standing); // written by a coordinator
}
