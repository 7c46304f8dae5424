/** How the reference model keeps leases and takes back the jobs of those that ran out. */
import type { LeaseId, LeaseTouch, RescueReport } from "@millrace/core";
import { type Answer, inOrder, type ModelJob, type ModelLease, type ModelState, withJob } from "./state.ts";
import { wake } from "./wake.ts";

/** Prolongs or forgets leases; those past their deadline or unknown are lost and stay as they are. */
export function extend(
  state: ModelState,
  touches: readonly LeaseTouch[],
  leaseMs: number,
): Answer<{ readonly lost: readonly LeaseId[] }> {
  const touched = inOrder(state, touches, (before, touch) => touchOne(before, touch, leaseMs));
  return { state: touched.state, answer: { lost: touched.answer.flat() } };
}

function touchOne(state: ModelState, touch: LeaseTouch, leaseMs: number): Answer<readonly LeaseId[]> {
  const lease = state.leases.get(touch.lease);
  if (lease === undefined || lease.untilMs <= state.nowMs) return { state, answer: [touch.lease] };
  const leases = new Map(state.leases);
  if (touch.dropped) leases.delete(lease.id);
  else leases.set(lease.id, { ...lease, untilMs: state.nowMs + leaseMs });
  return { state: { ...state, leases }, answer: [] };
}

/** Takes back the jobs of at most `limit` leases past their deadline, oldest deadline first, then by id. */
export function rescue(state: ModelState, limit: number): Answer<RescueReport> {
  const expired = [...state.leases.values()].filter((lease) => lease.untilMs <= state.nowMs).sort(byDeadline);
  const rescued = inOrder(state, expired.slice(0, limit), rescueLease);
  const jobs = rescued.answer.flat();
  const crashed = jobs.filter((job) => job.place === "dead").length;
  return {
    state: wake(rescued.state),
    answer: { ready: jobs.length - crashed, crashed, more: expired.length > limit },
  };
}

function byDeadline(left: ModelLease, right: ModelLease): number {
  return left.untilMs - right.untilMs || (left.id < right.id ? -1 : 1);
}

function rescueLease(state: ModelState, lease: ModelLease): Answer<readonly ModelJob[]> {
  const leases = new Map(state.leases);
  leases.delete(lease.id);
  const held = [...state.jobs.values()].filter((job) => job.lease === lease.id);
  const back = held.map((job) => takeBack(job, lease, state.nowMs));
  return { state: back.reduce(withJob, { ...state, leases }), answer: back };
}

function takeBack(job: ModelJob, lease: ModelLease, nowMs: number): ModelJob {
  const soloRescues = job.soloRescues + (lease.isSolo ? 1 : 0);
  const rescued: ModelJob = {
    ...job,
    place: "queued",
    token: undefined,
    lease: undefined,
    isSuspect: true,
    rescues: job.rescues + 1,
    soloRescues,
  };
  if (soloRescues <= job.spec.maxRescues) return rescued;
  return {
    ...rescued,
    place: "dead",
    finishedAtMs: nowMs,
    fingerprint: "crashed",
    records: [...job.records, `${nowMs} {"kind":"crashed"}`],
  };
}
