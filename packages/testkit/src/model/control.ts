/** How the reference model cancels jobs, has them run again, and forgets them. */
import {
  CASCADE_NOTE,
  type CancelAnswer,
  type CancelSignal,
  type CleanUpOptions,
  type ControlNote,
  cancelledRecord,
  type DeleteAnswer,
  type JobId,
  type LeaseId,
  type RetryAnswer,
  type RunId,
  reasonOf,
  replayedRecord,
} from "@millrace/core";
import {
  type Answer,
  isLive,
  type ModelJob,
  type ModelState,
  noted,
  stateOf,
  withCancelledParent,
  withJob,
} from "./state.ts";
import { wake } from "./wake.ts";

/** Ends what nobody holds, flags what runs; parents are told at the end. */
export function cancel(
  state: ModelState,
  ids: readonly JobId[],
  note: ControlNote,
): Answer<readonly CancelAnswer[]> {
  const record = cancelledRecord(note);
  const done = each(state, ids, (before, job): Answer<CancelAnswer> => {
    if (job === undefined) return { state: before, answer: "not-found" };
    if (!isLive(job)) return { state: before, answer: "already-finished" };
    const marked = wasEverHeld(job) ? withCancelledParent(before, job.spec.id) : before;
    if (job.place === "running") {
      const flagged = { ...job, cancelled: job.cancelled ?? record };
      return { state: withJob(marked, flagged), answer: "cancelling" };
    }
    const ended = asCancelled({ ...job, cancelled: record }, before.nowMs);
    return { state: noted(withJob(marked, ended), "cancelled", job.spec.id), answer: "cancelled" };
  });
  return { ...done, state: wake(done.state) };
}

/** A job at its end by cancellation, its record noted. */
export function asCancelled(job: ModelJob, nowMs: number): ModelJob {
  return {
    ...job,
    place: "cancelled",
    holdsKey: false,
    token: undefined,
    lease: undefined,
    finishedAtMs: nowMs,
    records: [...job.records, `${nowMs} ${job.cancelled ?? ""}`],
  };
}

function wasEverHeld(job: ModelJob): boolean {
  return job.place === "running" || job.settledToken !== undefined || job.rescues > 0;
}

/** Flagged jobs running under the leases. */
export function cancelsOf(state: ModelState, leases: readonly LeaseId[]): readonly CancelSignal[] {
  return [...state.jobs.values()].flatMap(({ spec, token, lease, cancelled }) =>
    token === undefined || lease === undefined || !leases.includes(lease) || cancelled === undefined
      ? []
      : [{ job: spec.id, token, reason: reasonOf(cancelled) }],
  );
}

/** Cancels children of cancelled jobs; a job all of whose children have been seen to is forgotten as a parent. */
export function cascade(
  state: ModelState,
  limit: number,
): Answer<{ readonly cancelled: number; readonly more: boolean }> {
  const ids = orphans(state).sort().slice(0, limit);
  const after = cancel(state, ids, CASCADE_NOTE).state;
  const left = new Set(orphans(after).map((id) => after.jobs.get(id)?.parent));
  const kept = [...after.cancelledParents].filter((id) => isLiveId(after, id) || left.has(id));
  return {
    state: { ...after, cancelledParents: new Set(kept) },
    answer: { cancelled: ids.length, more: left.size > 0 },
  };
}

function orphans(state: ModelState): JobId[] {
  return [...state.jobs.values()].flatMap((job) => {
    const follows = job.parent !== undefined && state.cancelledParents.has(job.parent);
    return follows && isLive(job) && job.cancelled === undefined ? [job.spec.id] : [];
  });
}

function isLiveId(state: ModelState, id: JobId): boolean {
  const job = state.jobs.get(id);
  return job !== undefined && isLive(job);
}

/** Has finished jobs live again, and delayed ones become due. */
export function retry(
  state: ModelState,
  ids: readonly JobId[],
  note: ControlNote,
): Answer<readonly RetryAnswer[]> {
  return each(state, ids, (before, job): Answer<RetryAnswer> => {
    if (job === undefined) return { state: before, answer: "not-found" };
    const seen = stateOf(job, before.nowMs);
    if (seen === "scheduled" || seen === "retrying") {
      return { state: withJob(before, { ...job, runAtMs: before.nowMs }), answer: "made-ready" };
    }
    if (isLive(job)) return { state: before, answer: "still-live" };
    const cancelledParents = new Set(before.cancelledParents);
    cancelledParents.delete(job.spec.id);
    const counted = { ...gone(before, job), cancelledParents };
    const revived = withJob(counted, reborn(job, before.nowMs, note));
    return { state: noted(revived, "replayed", job.spec.id), answer: "replayed" };
  });
}

function reborn(job: ModelJob, nowMs: number, note: ControlNote): ModelJob {
  return {
    ...job,
    place: "queued",
    generation: job.generation + 1,
    spec: { ...job.spec, unique: undefined, orderingKey: undefined },
    runAtMs: nowMs,
    expiresAtMs: undefined,
    snoozedFor: undefined,
    finishedAtMs: undefined,
    attempts: 0,
    interruptions: 0,
    rescues: 0,
    soloRescues: 0,
    snoozes: 0,
    isSuspect: false,
    isRetrying: false,
    cancelled: undefined,
    lastWrite: 0,
    wakeAt: 0,
    policy: undefined,
    checkpoint: job.spec.run === undefined ? undefined : job.checkpoint,
    progress: undefined,
    fingerprint: undefined,
    records: [...job.records, `${nowMs} ${replayedRecord(note)}`],
  };
}

/** Forgets finished jobs. */
export function deleteJobs(state: ModelState, ids: readonly JobId[]): Answer<readonly DeleteAnswer[]> {
  return each(state, ids, (before, job): Answer<DeleteAnswer> => {
    if (job === undefined) return { state: before, answer: "not-found" };
    if (isLive(job)) return { state: before, answer: "still-live" };
    return { state: forgotten(before, job), answer: "deleted" };
  });
}

/** Forgets the oldest finished jobs of these states. */
export function cleanUp(
  state: ModelState,
  options: CleanUpOptions,
): Answer<{ readonly removed: number; readonly more: boolean }> {
  const old = [...state.jobs.values()].filter(
    ({ place, finishedAtMs, parent, spec }) =>
      (place === "completed" || parent === undefined || !mayAsk(state, parent, spec.run)) &&
      options.states.some((wanted) => wanted === place) &&
      finishedAtMs !== undefined &&
      finishedAtMs <= state.nowMs - options.olderThanMs,
  );
  old.sort(byAge);
  const removed = old.slice(0, options.limit);
  return {
    state: removed.reduce(forgotten, state),
    answer: { removed: removed.length, more: old.length > removed.length },
  };
}

/** A live parent, a run that goes on, and one that was cancelled and may yet go on. */
function mayAsk({ jobs, runs }: ModelState, parent: JobId, run: RunId | undefined): boolean {
  const job = jobs.get(parent);
  const is = run && runs.get(run)?.state;
  const hasAsked = is === undefined || is === "completed" || is === "partial" || is === "failed";
  return (job !== undefined && isLive(job)) || !hasAsked;
}

function byAge(left: ModelJob, right: ModelJob): number {
  return (left.finishedAtMs ?? 0) - (right.finishedAtMs ?? 0) || (left.spec.id < right.spec.id ? -1 : 1);
}

function forgotten(state: ModelState, job: ModelJob): ModelState {
  const jobs = new Map(state.jobs);
  jobs.delete(job.spec.id);
  return noted({ ...gone(state, job), jobs }, "deleted", job.spec.id);
}

/** Counters tell of every end there ever was. */
function gone(state: ModelState, { spec, place }: ModelJob): ModelState {
  return { ...state, past: [...state.past, { queue: spec.queue, priority: spec.priority, place }] };
}

/** One answer per id; an id met twice is treated once. */
function each<A>(
  start: ModelState,
  ids: readonly JobId[],
  treat: (state: ModelState, job: ModelJob | undefined) => Answer<A>,
): Answer<readonly A[]> {
  let state = start;
  const answers = new Map<JobId, A>();
  const answer = ids.map((id) => {
    const known = answers.get(id);
    if (known !== undefined) return known;
    const one = treat(state, state.jobs.get(id));
    state = one.state;
    answers.set(id, one.answer);
    return one.answer;
  });
  return { state, answer };
}
