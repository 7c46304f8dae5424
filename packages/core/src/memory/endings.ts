/** How a job ends and what its end does to its parent. */
import type { Ended, Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";

/** Moves a live job to history and tells its parent. */
export function endJob(
  memory: Memory,
  job: Job,
  ending: { ended: Omit<Ended, "kind" | "atMs">; moment: Moment },
): void {
  leave(memory, job, ending);
  tellParent(memory, job, ending.moment);
}

/** Moves a live job to history. */
export function leave(
  memory: Memory,
  job: Job,
  { ended, moment }: { ended: Omit<Ended, "kind" | "atMs">; moment: Moment },
): void {
  memory.jobs.end(job, { kind: "ended", atMs: moment.now, ...ended }, moment.change);
}

/** Makes the parent of an ended job ready at once when it waits and few enough of its children are left. */
export function tellParent(memory: Memory, job: Job, moment: Moment): void {
  if (job.parent === undefined) return;
  memory.forks.childEnded(job.parent, job.id);
  const parent = memory.jobs.get(job.parent);
  if (parent?.phase.kind !== "waiting" || memory.forks.pending(parent.id) > parent.phase.wakeAt) return;
  memory.jobs.requeue(parent, { kind: "woken", runAtMs: moment.now }, moment.change);
}
