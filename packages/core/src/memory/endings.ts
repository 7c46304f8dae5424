/** How a job ends and what its end does to its parent. */
import type { Ended, Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";

/** Moves a running or waiting job to history, gives up its own fork, and tells its parent's. */
export function endJob(
  memory: Memory,
  job: Job,
  ending: { ended: Omit<Ended, "kind" | "atMs">; moment: Moment },
): void {
  const { ended, moment } = ending;
  memory.jobs.end(job, { kind: "ended", atMs: moment.now, ...ended }, moment.change);
  memory.forks.drop(job.id);
  if (job.parent === undefined) return;
  memory.forks.childEnded(job.parent, job.id, ended.state === "completed" ? "completed" : "failed");
  moment.touched.add(job.parent);
}
