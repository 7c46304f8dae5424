/** How the reference model keeps leases and takes back the jobs of those that ran out. */
import type { LeaseId, LeaseTouch, RescueReport, Transition } from "@millrace/core";
import { asCancelled } from "./control.ts";
import {
  type Answer,
  inOrder,
  type ModelJob,
  type ModelLease,
  type ModelState,
  noted,
  withJob,
} from "./state.ts";
import { wake } from "./wake.ts";

/** Forgets dropped leases and prolongs the others; one past its deadline or unknown is lost and stays as it is. */
export function extend(
  state: ModelState,
  touches: readonly LeaseTouch[],
  leaseMs: number,
): Answer<{ readonly lost: readonly LeaseId[] }> {
  const touched = inOrder(state, touches, (before, touch) =>
    touch.dropped ? forget(before, touch.lease) : prolong(before, touch.lease, leaseMs),
  );
  return { state: touched.state, answer: { lost: touched.answer.flat() } };
}

function forget(state: ModelState, id: LeaseId): Answer<readonly LeaseId[]> {
  const leases = new Map(state.leases);
  leases.delete(id);
  return { state: { ...state, leases }, answer: [] };
}

function prolong(state: ModelState, id: LeaseId, leaseMs: number): Answer<readonly LeaseId[]> {
  const lease = state.leases.get(id);
  if (lease === undefined || lease.untilMs <= state.nowMs) return { state, answer: [id] };
  const longer = { ...lease, untilMs: state.nowMs + leaseMs };
  return { state: { ...state, leases: new Map(state.leases).set(id, longer) }, answer: [] };
}

/** Takes back the jobs of at most `limit` leases past their deadline, oldest deadline first, then by id. */
export function rescue(state: ModelState, limit: number): Answer<RescueReport> {
  const expired = [...state.leases.values()].filter((lease) => lease.untilMs <= state.nowMs).sort(byDeadline);
  const rescued = inOrder(state, expired.slice(0, limit), rescueLease);
  const jobs = rescued.answer.flat();
  const count = (place: ModelJob["place"]) => jobs.filter((job) => job.place === place).length;
  return {
    state: wake(rescued.state),
    answer: { ready: count("queued"), crashed: count("dead"), more: expired.length > limit },
  };
}

function byDeadline(left: ModelLease, right: ModelLease): number {
  return left.untilMs - right.untilMs || (left.id < right.id ? -1 : 1);
}

function rescueLease(state: ModelState, lease: ModelLease): Answer<readonly ModelJob[]> {
  const held = [...state.jobs.values()].filter((job) => job.lease === lease.id);
  const back = held.map((job) => takeBack(job, lease, state.nowMs));
  const after = back.reduce(
    (before, job) => noted(withJob(before, job), toldOf(job), job.spec.id),
    forget(state, lease.id).state,
  );
  return { state: after, answer: back };
}

function toldOf({ place }: ModelJob): Transition {
  return place === "dead" || place === "cancelled" ? place : "rescued";
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
  if (job.cancelled !== undefined) return asCancelled({ ...rescued, isSuspect: job.isSuspect }, nowMs);
  if (soloRescues <= job.spec.maxRescues) return rescued;
  return {
    ...rescued,
    place: "dead",
    finishedAtMs: nowMs,
    fingerprint: "crashed",
    records: [...job.records, `${nowMs} {"kind":"crashed"}`],
  };
}
