/** How a job ends and what its end does to its parent. */
import type { Ended, Job } from "./job.ts";
import type { Moment } from "./jobs.ts";
import type { Memory } from "./memory.ts";

/** Moves a live job to history, gives up its unique key and its own fork, and tells its parent's. */
export function endJob(
  memory: Memory,
  job: Job,
  ending: { ended: Omit<Ended, "kind" | "atMs">; moment: Moment },
): void {
  const { ended, moment } = ending;
  memory.jobs.end(job, endedAt(moment, ended), moment.change);
  memory.keys.ended(job);
  memory.forks.close(job.id);
  if (job.parent === undefined) return;
  memory.forks.childEnded(job.parent, job.id, endOf(ended.state));
  moment.touched.add(job.parent);
}

function endedAt(moment: Moment, { state, fingerprint }: Omit<Ended, "kind" | "atMs">): Ended {
  if (state === "completed") return moment.completed;
  return { kind: "ended", state, atMs: moment.now, fingerprint };
}

/** What a parent takes the end of a child for. */
export function endOf(state: Ended["state"]): "completed" | "failed" {
  return state === "completed" ? "completed" : "failed";
}
