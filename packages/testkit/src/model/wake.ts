/** When the reference model wakes parents: a waiting job is ready as soon as few enough of its children are live. */
import type { JobId } from "@millrace/core";
import { isLive, type ModelJob, type ModelState, noted, withJob } from "./state.ts";

/** Makes ready, due now, every waiting job whose condition is met. */
export function wake(state: ModelState): ModelState {
  const met = [...state.jobs.values()].filter(
    (job) => job.place === "waiting" && pendingChildren(state, job.spec.id) <= job.wakeAt,
  );
  return met.reduce(
    (before, job) => noted(withJob(before, woken(job, state.nowMs)), "woken", job.spec.id),
    state,
  );
}

/** How many children of the job have not ended. */
export function pendingChildren(state: ModelState, parent: JobId): number {
  return [...state.jobs.values()].filter((job) => job.parent === parent && isLive(job)).length;
}

function woken(job: ModelJob, nowMs: number): ModelJob {
  return { ...job, place: "queued", runAtMs: nowMs };
}
