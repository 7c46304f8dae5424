/** The error a handler meets once its job has been cancelled. */
import { ClassedError } from "../model/errors.ts";
import type { ClaimedJob } from "../model/job.ts";

/** What `ctx.signal` is aborted with: the job ends cancelled, whatever its handler does from here on. Stop. */
export class JobCancelled extends ClassedError {
  constructor(job: Pick<ClaimedJob, "id" | "name">, why?: string) {
    const because = why === undefined ? "" : `: ${why}`;
    super("cancelled", "cancelled", `job ${job.id} (${job.name}) was cancelled${because}`);
    this.name = "JobCancelled";
  }
}
