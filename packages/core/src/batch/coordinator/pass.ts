/** What one attempt of a coordinator works with, and what its parts give each other. */
import type { JobContext } from "../../job/context.ts";
import type { Control } from "../../job/control.ts";
import type { StepMark } from "../../model/step.ts";
import type { RunLook } from "../run/run-looks.ts";
import type { RunParts } from "../run/run-parts.ts";
import type { RunPayload } from "../run-jobs.ts";
import type { Standing } from "./standing.ts";

/** How long a coordinator lets a paused run be before it looks again, and one of which chunks are still to end. */
export const LOOK_AGAIN_MS = 2_000;

/** What one attempt of a coordinator works with. */
export interface Pass {
  readonly parts: RunParts;
  readonly ctx: JobContext;
  /** With what this attempt has marked. */
  readonly look: RunLook;
  readonly payload: RunPayload;
  /** To be written with the attempt's end, or before the run's. */
  readonly marks: readonly StepMark[];
}

/** What becomes of a step, or of its wait: the attempt's end, or the next standing. */
export type Move =
  | { readonly kind: "end"; readonly control: Control }
  | {
      readonly kind: "on";
      readonly standing: Standing;
      readonly marks: readonly StepMark[];
      /** Whether the run is to be looked at once more: executions have ended since. */
      readonly isStale?: boolean | undefined;
    };

/** Behind the step. */
export function passed({ at, failure, attempt }: Standing): Standing {
  return { at: at + 1, failure, attempt };
}
