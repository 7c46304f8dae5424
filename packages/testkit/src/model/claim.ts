/** How the reference model hands jobs to workers. */
import {
  type ClaimedJob,
  type ClaimWant,
  type LeaseId,
  PRIORITIES,
  TARGET_WAITS_MS,
  type Token,
} from "@millrace/core";
import { isExpired } from "./expire.ts";
import {
  type Answer,
  inOrder,
  isLive,
  type ModelJob,
  type ModelState,
  noted,
  stateOf,
  withJob,
} from "./state.ts";
import { childrenOf } from "./wake.ts";

/** The lease a claim asks for. */
export interface LeaseTerms {
  readonly lease: LeaseId;
  readonly leaseMs: number;
  readonly solo: boolean;
  readonly overdue: number;
}

/**
 * Serves the wants one after the other, each by class, due time and id, but for the places that go first to the most
 * overdue, and gives all that was taken in that order; a solo claim takes the first suspect it meets and nothing else. A lease exists only where something was taken.
 */
export function claim(
  state: ModelState,
  wants: readonly ClaimWant[],
  terms: LeaseTerms,
): Answer<readonly ClaimedJob[]> {
  const chosen: ModelJob[] = [];
  for (const want of wants) {
    if (state.queues.get(want.queue)?.paused) continue;
    const due = [...state.jobs.values()].filter(
      (job) => isWanted(job, want, state.nowMs) && isFirst(state, job),
    );
    const open = due.filter((job) => job.isSuspect === terms.solo && !chosen.includes(job));
    const late = open.filter((job) => !terms.solo && lateness(job, state.nowMs) > 1);
    const first = late.sort(byLateness(state.nowMs)).slice(0, Math.min(terms.overdue, want.max));
    const rest = open.filter((job) => !first.includes(job)).sort(byClaimOrder);
    chosen.push(...first, ...rest.slice(0, want.max - first.length));
  }
  const taken = (terms.solo ? chosen.slice(0, 1) : chosen).sort(byClaimOrder);
  if (taken.length === 0) return { state, answer: [] };
  const lease = {
    id: terms.lease,
    sinceMs: state.nowMs,
    untilMs: state.nowMs + terms.leaseMs,
    isSolo: terms.solo,
  };
  const leased = { ...state, leases: new Map(state.leases).set(lease.id, lease) };
  return inOrder(leased, taken, (before, job) => hold(before, job, lease.id));
}

function isWanted(job: ModelJob, want: ClaimWant, nowMs: number): boolean {
  return (
    stateOf(job, nowMs) === "ready" &&
    !isExpired(job, nowMs) &&
    job.spec.queue === want.queue &&
    want.names.includes(job.spec.name) &&
    (want.priorities === undefined || want.priorities.includes(job.spec.priority))
  );
}

/** Whether no live job of the same ordering key was enqueued before it. */
function isFirst(state: ModelState, job: ModelJob): boolean {
  const { orderingKey } = job.spec;
  if (orderingKey === undefined) return true;
  const line = [...state.jobs.values()].filter((one) => one.spec.orderingKey === orderingKey && isLive(one));
  return line[0] === job;
}

/** Waited ÷ the wait its class should have at most. */
function lateness(job: ModelJob, nowMs: number): number {
  return (nowMs - job.runAtMs) / TARGET_WAITS_MS[job.spec.priority];
}

function byLateness(nowMs: number): (left: ModelJob, right: ModelJob) => number {
  return (left, right) => lateness(right, nowMs) - lateness(left, nowMs) || byClaimOrder(left, right);
}

/** By class, then due time, then id. */
export function byClaimOrder(left: ModelJob, right: ModelJob): number {
  return (
    PRIORITIES.indexOf(left.spec.priority) - PRIORITIES.indexOf(right.spec.priority) ||
    left.runAtMs - right.runAtMs ||
    (left.spec.id < right.spec.id ? -1 : 1)
  );
}

function hold(state: ModelState, job: ModelJob, lease: LeaseId): Answer<ClaimedJob> {
  const token = String(state.tokens + 1) as Token; // the model's own sequence
  const holdsKey = job.holdsKey && job.spec.unique?.while !== "queued";
  const held: ModelJob = {
    ...job,
    place: "running",
    lease,
    token,
    lastWrite: 0,
    holdsKey,
    isRetrying: false,
  };
  return {
    state: noted(withJob({ ...state, tokens: state.tokens + 1 }, held), "claimed", job.spec.id),
    answer: {
      id: job.spec.id,
      token,
      queue: job.spec.queue,
      name: job.spec.name,
      tenant: job.spec.tenant,
      priority: job.spec.priority,
      attempt: job.attempts + 1,
      generation: job.generation,
      waitedMs: state.nowMs - job.runAtMs,
      parent: job.parent,
      run: job.spec.run,
      orderingKey: job.spec.orderingKey,
      envelope: job.spec.envelope,
      checkpoint: job.checkpoint,
      children: childrenOf(state, job.spec.id),
    },
  };
}
