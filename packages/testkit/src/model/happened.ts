/** What happened to each job, in a shape in which a store and the model can be compared. */
import type { JobId } from "@millrace/core";

interface Told {
  readonly job: JobId;
  readonly kind: string;
}

/**
 * The kinds of each job's events in order. Between jobs of one call the order is the store's own, and so is whether a
 * parent settled together with its last child is seen to wait before it is woken.
 */
export function byJob(events: readonly Told[]): Readonly<Record<string, string>> {
  const kinds = new Map<JobId, string[]>();
  for (const { job, kind } of events) {
    const told = kinds.get(job) ?? [];
    if (kind === "woken" && told.at(-1) === "waiting") told.pop();
    kinds.set(job, [...told, kind]);
  }
  return Object.fromEntries([...kinds].map(([job, told]) => [job, told.join(" ")]));
}
