/** Errors of steps and runs as they are kept: class, reason and message. */
import { decodeAttempts } from "../../model/attempt.ts";
import { classOf } from "../../model/error-class.ts";
import { ClassedError, type ErrorClass } from "../../model/errors.ts";
import type { JobRow } from "../../model/job.ts";
import { messageOf } from "../../model/message-of.ts";

/** What failed a step. */
export interface StepError {
  readonly class: ErrorClass;
  readonly message: string;
  /** Finer than the class, where there is one. */
  readonly reason?: string | undefined;
}

/** What failed a run: the first step that did, and its error. */
export interface RunError extends StepError {
  readonly step?: string | undefined;
}

const MAX_MESSAGE = 1_000;

/** Of something thrown. */
export function stepErrorOf(error: unknown): StepError {
  const message = messageOf(error).slice(0, MAX_MESSAGE).toWellFormed();
  const reason = error instanceof ClassedError ? error.reason : undefined;
  return { class: classOf(error), message, ...(reason === undefined ? {} : { reason }) };
}

/** Of a step's job that has ended otherwise than well; `undefined`: there is no such job any more. */
export function errorOfJob(job: JobRow | undefined): StepError {
  if (job === undefined) return { class: "crashed", message: "the step's job is gone", reason: "job-gone" };
  const error = decodeAttempts(job.records).at(-1)?.error;
  if (job.state === "cancelled") {
    return { class: "cancelled", message: error?.message ?? `the step's job ${job.id} was cancelled` };
  }
  if (error === undefined) return { class: "crashed", message: `the step's job ${job.id} was given up` };
  const { class: errorClass, message, reason } = error;
  return {
    class: errorClass,
    message: message.slice(0, MAX_MESSAGE),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Ends a step's job for good: whatever its retry policy, there is no other attempt. */
export class StepFailed extends ClassedError {
  constructor({ class: errorClass, reason, message }: StepError) {
    super(errorClass, reason ?? errorClass, message);
    this.name = "StepFailed";
  }
}
