/** Why handlers are told to stop, and what their signals are aborted with. */
import type { ClaimedJob } from "../model/job.ts";
import { JobCancelled } from "./job-cancelled.ts";
import { LeaseLost } from "./lease-lost.ts";

/** `lease-lost` overrides the others: nothing may be settled then. */
export type AbortCause = "timeout" | "shutdown" | "cancelled" | "lease-lost";

/** What a handler's signal is aborted with; `why` is what was said when the job was cancelled. */
export function abortReason(job: ClaimedJob, cause: AbortCause, why: string | undefined): Error {
  switch (cause) {
    case "timeout":
      return new DOMException(`job ${job.id} (${job.name}) ran into its timeout`, "TimeoutError");
    case "shutdown":
      return new DOMException("the worker is shutting down", "AbortError");
    case "cancelled":
      return new JobCancelled(job, why);
    case "lease-lost":
      return new LeaseLost(job);
  }
}
