/** The error a holder meets once its claim on a job is gone. */
import { MillraceError } from "../model/errors.ts";
import type { ClaimedJob } from "../model/job.ts";

/** Another holder may have the job by now: nothing written from here on takes effect. Stop, and write nothing. */
export class LeaseLost extends MillraceError {
  constructor(job: ClaimedJob) {
    super(
      "lease-lost",
      `the lease on job ${job.id} (${job.name}) is lost; nothing more of this attempt is kept`,
      {
        details: { job: job.id, attempt: job.attempt },
      },
    );
    this.name = "LeaseLost";
  }
}
