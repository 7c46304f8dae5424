/** How a job ends and what its end does to its parent. */
import type { Ended, Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";

/** Moves a running job to history, gives up its own fork, and tells its parent's. */
export function endJob(
  memory: Memory,
  job: Job,
  ending: { ended: Omit<Ended, "kind" | "atMs">; moment: Moment },
): void {
  const { ended, moment } = ending;
  memory.jobs.end(job, { kind: "ended", atMs: moment.now, ...ended }, moment.change);
  memory.forks.drop(job.id);
  if (job.parent === undefined) return;
  memory.forks.childEnded(job.parent, ended.state === "dead");
  const parent = memory.jobs.get(job.parent);
  if (parent) wakeWhenDone(memory, parent, moment);
}

/** Makes a waiting job ready at once when few enough of its children are left. */
function wakeWhenDone(memory: Memory, parent: Job, moment: Moment): void {
  if (parent.phase.kind !== "waiting" || memory.forks.pending(parent.id) > parent.phase.wakeAt) return;
  memory.jobs.requeue(parent, { kind: "woken", runAtMs: moment.now }, moment.change);
}
