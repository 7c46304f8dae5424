/** How the reference model judges and applies what lease holders write. */
import type { HolderAnswer, HolderWrite, Outcome, Settlement, Transition } from "@millrace/core";
import { asCancelled } from "./control.ts";
import { spawn } from "./enqueue.ts";
import { writeStep } from "./ledger.ts";
import { type Answer, inOrder, isLive, type ModelJob, type ModelState, noted, withJob } from "./state.ts";
import { pendingChildren, wake } from "./wake.ts";

/** Applies writes of holders that go on. */
export function save(state: ModelState, writes: readonly HolderWrite[]): Answer<readonly HolderAnswer[]> {
  return inOrder(state, writes, saveOne);
}

/** Ends attempts. */
export function settle(
  state: ModelState,
  settlements: readonly Settlement[],
): Answer<readonly HolderAnswer[]> {
  return inOrder(state, settlements, settleOne);
}

function saveOne(state: ModelState, write: HolderWrite): Answer<HolderAnswer> {
  const job = holderOf(state, write);
  if (job === undefined) return { state, answer: missed(state, write) };
  if (write.write <= job.lastWrite) return { state, answer: "already-applied" };
  return { state: writeParts(state, job, write), answer: "applied" };
}

function settleOne(state: ModelState, settlement: Settlement): Answer<HolderAnswer> {
  const job = holderOf(state, settlement);
  if (job === undefined) return { state, answer: missed(state, settlement) };
  const written = writeParts(state, job, settlement);
  const ended = endAttempt(withCheckpoint(job, settlement), settlement, state.nowMs);
  const measured = withMeasures(withJob(written, ended), job, settlement);
  const answer = job.cancelled === undefined ? "applied" : "applied-as-cancelled";
  return { state: wake(told(measured, ended, settlement.outcome)), answer };
}

/** However the job ends: the attempt was run. */
function withMeasures(state: ModelState, { spec }: ModelJob, { measures = {} }: Settlement): ModelState {
  return {
    ...state,
    measured: [...state.measured, { scope: `queue:${spec.queue}:${spec.priority}`, measures }],
  };
}

const TRANSITION_OF: Readonly<Record<Outcome["kind"], Transition>> = {
  completed: "completed",
  dead: "dead",
  retry: "retrying",
  released: "released",
  suspended: "waiting",
};

/** A suspended job that need not wait is woken, and nothing else. */
function told(state: ModelState, job: ModelJob, outcome: Outcome): ModelState {
  if (job.place === "cancelled") return noted(state, "cancelled", job.spec.id);
  const isMet = outcome.kind === "suspended" && pendingChildren(state, job.spec.id) <= outcome.wakeAt;
  return isMet ? state : noted(state, TRANSITION_OF[outcome.kind], job.spec.id);
}

/** The job, where the write's token is its current one. */
function holderOf(state: ModelState, write: HolderWrite): ModelJob | undefined {
  const job = state.jobs.get(write.id);
  return job !== undefined && isLive(job) && job.token === write.token ? job : undefined;
}

function missed(state: ModelState, write: HolderWrite): HolderAnswer {
  return state.jobs.get(write.id)?.settledToken === write.token ? "already-applied" : "fenced";
}

function writeParts(state: ModelState, job: ModelJob, write: HolderWrite): ModelState {
  const marked = withJob(state, { ...withCheckpoint(job, write), lastWrite: write.write });
  return writeStep(spawn(marked, job.spec.id, write.spawn ?? []), write);
}

function withCheckpoint(job: ModelJob, write: HolderWrite): ModelJob {
  return write.checkpoint === undefined ? job : { ...job, checkpoint: write.checkpoint };
}

function endAttempt(job: ModelJob, settlement: Settlement, nowMs: number): ModelJob {
  const { outcome } = settlement;
  const given: ModelJob = {
    ...job,
    token: undefined,
    lease: undefined,
    settledToken: settlement.token,
    isSuspect: false,
  };
  const counted: ModelJob = {
    ...given,
    attempts: job.attempts + 1,
    records: [...job.records, `${nowMs} ${settlement.record}`],
  };
  if (job.cancelled !== undefined) {
    const isCounted = outcome.kind !== "released" && outcome.kind !== "suspended";
    const interruptions = job.interruptions + (outcome.kind === "released" && outcome.started ? 1 : 0);
    return asCancelled({ ...(isCounted ? counted : given), interruptions }, nowMs);
  }
  switch (outcome.kind) {
    case "completed":
      return { ...counted, place: "completed", finishedAtMs: nowMs };
    case "dead":
      return { ...counted, place: "dead", finishedAtMs: nowMs, fingerprint: outcome.fingerprint };
    case "retry":
      return { ...counted, place: "queued", runAtMs: nowMs + outcome.delayMs };
    case "released":
      return { ...given, place: "queued", interruptions: job.interruptions + (outcome.started ? 1 : 0) };
    case "suspended":
      return { ...given, place: "waiting", wakeAt: outcome.wakeAt };
  }
}
