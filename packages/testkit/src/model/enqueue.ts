/** How the reference model takes jobs in. */
import type { Accepted, JobId, NewJob } from "@millrace/core";
import { type Answer, inOrder, isLive, type ModelJob, type ModelState, noted, withJob } from "./state.ts";

/** Adds jobs that are not there yet; for a re-send a finished job is there too. */
export function enqueue(
  state: ModelState,
  jobs: readonly NewJob[],
  resend: boolean,
): Answer<readonly Accepted[]> {
  return inOrder(state, jobs, (before, job): Answer<Accepted> => {
    const known = before.jobs.get(job.id);
    if (known !== undefined && (isLive(known) || resend)) {
      return { state: before, answer: { id: job.id, result: "exists" } };
    }
    const after = noted(withJob(before, freshJob(before, job)), "enqueued", job.id);
    return { state: after, answer: { id: job.id, result: "created" } };
  });
}

/** Adds the children of a holder's write; an id that is live already stays as it is, with the parent it has. */
export function spawn(state: ModelState, parent: JobId, children: readonly NewJob[]): ModelState {
  return children.reduce((before, child) => {
    const known = before.jobs.get(child.id);
    return known !== undefined && isLive(known)
      ? before
      : noted(withJob(before, { ...freshJob(before, child), parent }), "enqueued", child.id);
  }, state);
}

function freshJob(state: ModelState, spec: NewJob): ModelJob {
  return {
    spec,
    parent: undefined,
    place: "queued",
    generation: 1,
    createdAtMs: state.nowMs,
    runAtMs: state.nowMs + spec.delayMs,
    finishedAtMs: undefined,
    attempts: 0,
    interruptions: 0,
    rescues: 0,
    snoozes: 0,
    soloRescues: 0,
    isSuspect: false,
    isRetrying: false,
    token: undefined,
    lease: undefined,
    lastWrite: 0,
    settledToken: undefined,
    wakeAt: 0,
    policy: undefined,
    cancelled: undefined,
    checkpoint: undefined,
    progress: undefined,
    log: [],
    fingerprint: undefined,
    records: [],
  };
}
