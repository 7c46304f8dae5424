/** How the reference model judges and applies what lease holders write. */
import type { HolderAnswer, HolderWrite, Outcome, Settlement, Transition } from "@millrace/core";
import { asCancelled } from "./control.ts";
import { spawn } from "./enqueue.ts";
import { writeStep } from "./ledger.ts";
import {
  type Answer,
  inOrder,
  isLive,
  type ModelJob,
  type ModelLine,
  type ModelState,
  noted,
  withJob,
} from "./state.ts";
import { markSteps } from "./steps.ts";
import { pendingChildren, wake } from "./wake.ts";

/** Applies writes of holders that go on. */
export function save(state: ModelState, writes: readonly HolderWrite[]): Answer<readonly HolderAnswer[]> {
  return inOrder(state, writes, saveOne);
}

/** Ends attempts; parents are judged once all are applied. */
export function settle(
  state: ModelState,
  settlements: readonly Settlement[],
): Answer<readonly HolderAnswer[]> {
  const settled = inOrder(state, settlements, settleOne);
  return { ...settled, state: wake(settled.state) };
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
  const ended = endAttempt(withReports(job, settlement, state.nowMs), settlement, state.nowMs);
  const measured = withMeasures(withJob(written, ended), job, settlement);
  const answer = job.cancelled === undefined ? "applied" : "applied-as-cancelled";
  return { state: told(measured, ended, settlement.outcome), answer };
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
  snoozed: "snoozed",
  released: "released",
  suspended: "waiting",
};

/** A job that waits for a number of children and need not is woken, and nothing else. */
function told(state: ModelState, job: ModelJob, outcome: Outcome): ModelState {
  if (job.place === "cancelled") return noted(state, "cancelled", job.spec.id);
  const isMet =
    outcome.kind === "suspended" &&
    outcome.policy === undefined &&
    pendingChildren(state, job.spec.id) <= outcome.wakeAt;
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
  const marked = withJob(state, { ...withReports(job, write, state.nowMs), lastWrite: write.write });
  return markSteps(writeStep(spawn(marked, job.spec.id, write.spawn ?? []), write), write);
}

/** The job with what the write says of it: checkpoint, progress, log lines. */
function withReports(job: ModelJob, write: HolderWrite, nowMs: number): ModelJob {
  const { checkpoint = job.checkpoint, progress = job.progress, log } = write;
  if (log === undefined) return { ...job, checkpoint, progress };
  const { generation } = job;
  const skipped: ModelLine[] = Array.from({ length: log.skipped }, () => ({ ...SKIPPED, generation }));
  const lines = log.lines.map(
    ({ level, line, ageMs }): ModelLine => ({ generation, level, line, atMs: nowMs - ageMs }),
  );
  return { ...job, checkpoint, progress, log: [...job.log, ...(lines.length > 0 ? skipped : []), ...lines] };
}

const SKIPPED: Omit<ModelLine, "generation"> = { atMs: 0, level: "info", line: undefined };

function endAttempt(job: ModelJob, settlement: Settlement, nowMs: number): ModelJob {
  const { outcome } = settlement;
  const given: ModelJob = {
    ...job,
    token: undefined,
    lease: undefined,
    settledToken: settlement.token,
    snoozedFor: outcome.kind === "snoozed" ? outcome.note : undefined,
    isSuspect: false,
    isRetrying: outcome.kind === "retry",
  };
  const counted: ModelJob = {
    ...given,
    attempts: job.attempts + 1,
    records: [...job.records, `${nowMs} ${settlement.record}`],
  };
  if (job.cancelled !== undefined) {
    const isCounted = ["completed", "dead", "retry"].includes(outcome.kind);
    const interruptions = job.interruptions + (outcome.kind === "released" && outcome.started ? 1 : 0);
    const snoozes = job.snoozes + (outcome.kind === "snoozed" ? 1 : 0);
    return asCancelled({ ...(isCounted ? counted : given), interruptions, snoozes }, nowMs);
  }
  switch (outcome.kind) {
    case "completed":
      return { ...counted, place: "completed", finishedAtMs: nowMs, holdsKey: false };
    case "dead":
      return {
        ...counted,
        place: "dead",
        finishedAtMs: nowMs,
        holdsKey: false,
        fingerprint: outcome.fingerprint,
      };
    case "retry":
      return { ...counted, place: "queued", runAtMs: nowMs + outcome.delayMs };
    case "snoozed":
      return { ...given, place: "queued", runAtMs: nowMs + outcome.delayMs, snoozes: job.snoozes + 1 };
    case "released":
      return { ...given, place: "queued", interruptions: job.interruptions + (outcome.started ? 1 : 0) };
    case "suspended":
      return { ...given, place: "waiting", wakeAt: outcome.wakeAt, policy: outcome.policy };
  }
}
