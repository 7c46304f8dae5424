/** What a caller of enqueue is told of one job. */
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { type Refusal, sayRefusal } from "../model/reason.ts";
import type { Accepted } from "../store/job-store.ts";
import { rejectsDuplicates } from "./job-keys.ts";
import type { EnqueueOptions } from "./new-job.ts";

/** What enqueueing one job came to. */
export interface Enqueued {
  /** The job itself, or the one that holds its key. */
  readonly id: JobId;
  readonly accepted: "created" | "duplicate" | "replaced";
}

/** What the caller is told. @throws MillraceError `duplicate` in mode `reject`, `queue-full`. */
export function enqueued(job: NewJob, accepted: Accepted | undefined, options: EnqueueOptions): Enqueued {
  const result = accepted?.result ?? "created";
  const id = accepted?.job ?? job.id;
  switch (result) {
    case "created":
    case "exists":
      return { id, accepted: "created" };
    case "replaced":
      return { id, accepted: result };
    case "duplicate":
      if (rejectsDuplicates(options) || accepted?.job === undefined)
        throw duplicateOf(job, accepted, options);
      return { id, accepted: result };
    case "queue-full":
      throw queueFull(job);
  }
}

function duplicateOf(job: NewJob, accepted: Accepted | undefined, options: EnqueueOptions): MillraceError {
  const key = options.key ?? "";
  const id = accepted?.job ?? null;
  const reason: Refusal = { code: "key-held", key, job: id };
  return new MillraceError("duplicate", `${sayRefusal(reason)} that a job "${job.name}" was to have`, {
    details: { id, key, reason },
  });
}

/** A full queue has refused this job. */
export function queueFull({ queue, priority }: NewJob): MillraceError {
  const reason: Refusal = { code: "queue-full", queue, priority };
  return new MillraceError("queue-full", `${sayRefusal(reason)}; try again later`, {
    details: { queue, priority, reason },
  });
}
