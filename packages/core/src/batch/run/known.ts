/** What a run's jobs and rows hold for certain, where the program is the one that wrote them. */
import type { JobContext } from "../../job/context.ts";
import { ClassedError, MillraceError } from "../../model/errors.ts";
import type { RunId } from "../../model/ids.ts";

/**
 * The value. @throws MillraceError `no-handler` where there is none: another version of the pipeline has begun the run, and
 * this one cannot tell what would be right.
 */
export function known<T>(value: T | undefined, missing: string): T {
  if (value !== undefined) return value;
  const advice = "another version of the program has begun it; have that one go on with the run";
  throw new MillraceError("no-handler", `${missing}: ${advice}`);
}

/** The run an attempt belongs to. @throws ClassedError of class validation for a job that only has the name of a run's. */
export function runOf({ job }: JobContext): RunId {
  if (job.run !== undefined) return job.run;
  const message = `job ${job.id} is named "${job.name}" as a job of a run, and belongs to none`;
  throw new ClassedError("validation", "no-run", message);
}
