/** When the reference model judges parents: a waiting job goes on, or dies, as its children stand. */
import type { ChildTally, JobId, Transition } from "@millrace/core";
import { isLive, type ModelJob, type ModelState, noted, withCancelledParent, withJob } from "./state.ts";

/**
 * Judges every waiting job at once: those whose condition is met become ready, due now; those whose policy can no longer
 * be met die, which may decide about their own parents.
 */
export function wake(state: ModelState): ModelState {
  const judged = [...state.jobs.values()].map((job) => judge(state, job)).filter((job) => job !== undefined);
  const next = judged.reduce((before, job) => {
    const isLeft = job.place === "dead" && pendingChildren(state, job.spec.id) > 0;
    const marked = isLeft ? withCancelledParent(before, job.spec.id) : before;
    return noted(withJob(marked, job), job.place === "dead" ? "dead" : "woken", job.spec.id);
  }, state);
  return judged.some((job) => job.place === "dead") ? wake(next) : next;
}

/** How many children of the job have not ended. */
export function pendingChildren(state: ModelState, parent: JobId): number {
  return [...state.jobs.values()].filter((job) => job.parent === parent && isLive(job)).length;
}

/** How the children of a job stand; `undefined` where it has none. */
export function childrenOf(state: ModelState, parent: JobId): ChildTally | undefined {
  const { completed, failed } = endsOf(state, parent);
  const total = pendingChildren(state, parent) + completed + failed;
  return total === 0 ? undefined : { total, completed, failed };
}

type End = "completed" | "failed";

/** Which ends a job has counted in its present generation; a child that lives again takes one like its own back. */
function endsOf(state: ModelState, parent: JobId): Readonly<Record<End, number>> {
  let ends = { completed: 0, failed: 0 };
  const last = new Map<JobId, End>();
  for (const event of state.events) {
    if (event.job === parent && event.kind === "replayed") ends = { completed: 0, failed: 0 };
    if (event.parent !== parent) continue;
    const end = endOf(event.kind);
    const undone = event.kind === "replayed" ? last.get(event.job) : undefined;
    if (end !== undefined) {
      ends[end] += 1;
      last.set(event.job, end);
    } else if (undone !== undefined) ends[undone] = Math.max(ends[undone] - 1, 0);
  }
  return ends;
}

function endOf(kind: Transition): End | undefined {
  if (kind === "completed") return "completed";
  return kind === "dead" || kind === "cancelled" || kind === "expired" ? "failed" : undefined;
}

/** The job as it goes on from waiting; `undefined` where it stays as it is. */
function judge(state: ModelState, job: ModelJob): ModelJob | undefined {
  if (job.place !== "waiting") return undefined;
  const tally = childrenOf(state, job.spec.id) ?? { total: 0, completed: 0, failed: 0 };
  if (isHopeless(job, tally)) return died(state, job, tally);
  return isMet(job, tally) ? { ...job, place: "queued", runAtMs: state.nowMs } : undefined;
}

function isHopeless({ policy }: ModelJob, { total, failed }: ChildTally): boolean {
  if (policy?.kind === "fail-fast") return failed > 0;
  if (policy?.kind === "quorum") return total - failed < policy.n;
  return policy?.kind === "tolerate" && failed * 100 > policy.percent * total;
}

function isMet({ policy, wakeAt }: ModelJob, { total, completed, failed }: ChildTally): boolean {
  if (policy?.kind === "quorum") return completed >= policy.n;
  return total - completed - failed <= (policy === undefined ? wakeAt : 0);
}

function died(state: ModelState, job: ModelJob, { total, failed }: ChildTally): ModelJob {
  return {
    ...job,
    place: "dead",
    holdsKey: false,
    finishedAtMs: state.nowMs,
    fingerprint: "children-failed",
    records: [
      ...job.records,
      `${state.nowMs} {"kind":"children-failed","failed":${failed},"total":${total}}`,
    ],
  };
}
