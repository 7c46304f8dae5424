/** Plain rows for tests that speak to a store itself. */
import { type JobId, type NewJob, newId } from "@millrace/core";

/** So many jobs of queue and name `crash`. */
export function newJobs(count: number): NewJob[] {
  return Array.from({ length: count }, () => ({
    id: newId<JobId>(),
    queue: "crash",
    name: "crash",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: '0{"payload":null}',
  }));
}
