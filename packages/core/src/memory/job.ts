/** A job as the memory store keeps it, live or finished, and as it shows it. */
import type { ChildTally, WaitCondition } from "../model/children.ts";
import type { JobId, LeaseId, Token } from "../model/ids.ts";
import type { ClaimedJob, JobRow, JobState, NewJob, Priority } from "../model/job.ts";
import type { SnoozeNote } from "../model/limit.ts";

/** Where a job is; what belongs only to one phase exists only in it. */
export type Phase =
  | { readonly kind: "queued" }
  | { readonly kind: "running"; readonly token: Token; readonly lease: Lease; lastWrite: number }
  | { readonly kind: "waiting"; readonly condition: WaitCondition }
  | Ended;

/** The phase of a job in history. */
export interface Ended {
  readonly kind: "ended";
  readonly state: "completed" | "dead" | "cancelled" | "expired";
  readonly atMs: number;
  readonly fingerprint?: string | undefined;
}

/** One claim batch: the jobs it took, of which `held` are still running under it. */
export interface Lease {
  readonly id: LeaseId;
  readonly worker: string;
  readonly solo: boolean;
  readonly jobs: readonly Job[];
  held: number;
  /** When it was claimed. */
  readonly sinceMs: number;
  untilMs: number;
}

/** A job's place in line; `isGone` once the job has been taken out from the middle. */
export interface Place {
  readonly job: Job;
  readonly runAtMs: number;
  isGone: boolean;
}

/**
 * One job. What the ready buckets order by (`priority`, `runAtMs`, `suspect`) changes only while the job is in none of
 * them.
 */
export interface Job extends Omit<NewJob, "envelope" | "priority" | "runAtMs" | "ttlMs" | "expiresAtMs"> {
  envelope: string;
  priority: Priority;
  expiresAtMs: number | undefined;
  readonly parent?: JobId | undefined;
  readonly createdAtMs: number;
  readonly generation: number;
  phase: Phase;
  runAtMs: number;
  attempts: number;
  interruptions: number;
  rescues: number;
  snoozes: number;
  /** Of `rescues`, those from a lease held alone. */
  soloRescues: number;
  /** Whether its last attempt failed and is to be tried again. */
  retrying: boolean;
  /** Whether its last holder vanished. */
  suspect: boolean;
  /** The record of its cancellation, from the moment a running job was cancelled. */
  cancelled?: string | undefined;
  /** The token its last applied settlement carried. */
  settled?: Token | undefined;
  /** Why its last attempt put it off. */
  snoozed?: SnoozeNote | undefined;
  checkpoint?: string | undefined;
  progress?: string | undefined;
  records: string;
  /** Its place in line, while it has one. */
  place: Place | undefined;
  /** The number of the journal row that its last transition went to; 0 before the first. */
  notedIn: number;
}

/** The phase of every queued job. */
export const QUEUED: Phase = Object.freeze({ kind: "queued" });

/** A job on its first day: generation 1, due after its delay. */
export function bornJob(job: NewJob, now: number, parent?: JobId): Job {
  return {
    id: job.id,
    queue: job.queue,
    name: job.name,
    tenant: job.tenant,
    priority: job.priority,
    delayMs: job.delayMs,
    maxRescues: job.maxRescues,
    run: job.run,
    envelope: job.envelope,
    unique: job.unique,
    orderingKey: job.orderingKey,
    expiresAtMs: expiryOf(job, now),
    parent,
    createdAtMs: now,
    generation: 1,
    phase: QUEUED,
    runAtMs: dueOf(job, now),
    attempts: 0,
    interruptions: 0,
    rescues: 0,
    snoozes: 0,
    soloRescues: 0,
    retrying: false,
    suspect: false,
    cancelled: undefined,
    settled: undefined,
    snoozed: undefined,
    checkpoint: undefined,
    progress: undefined,
    records: "",
    place: undefined,
    notedIn: 0,
  };
}

/** When a job accepted now becomes due. */
export function dueOf(job: NewJob, now: number): number {
  return job.runAtMs === undefined ? now + job.delayMs : Math.max(now, job.runAtMs);
}

/** When a job accepted now expires, if ever. */
export function expiryOf(job: NewJob, now: number): number | undefined {
  return job.ttlMs === undefined ? job.expiresAtMs : now + job.ttlMs;
}

/** A finished job on the first day of its next life: due now, without keys and expiry, nothing counted yet; its records go on. */
export function rebornJob(job: Job, now: number): Job {
  const anew = { delayMs: 0, runAtMs: undefined, expiresAtMs: undefined };
  return {
    ...bornJob({ ...job, ...anew, unique: undefined, orderingKey: undefined }, now, job.parent),
    createdAtMs: job.createdAtMs,
    generation: job.generation + 1,
    settled: job.settled,
    checkpoint: job.run === undefined ? undefined : job.checkpoint,
    records: job.records,
    notedIn: job.notedIn,
  };
}

/** Whether anybody ever held it. */
export function wasEverHeld(job: Job): boolean {
  return job.phase.kind === "running" || job.settled !== undefined || job.rescues > 0;
}

/** Notes how an attempt ended. `stamp`: when, as records begin. */
export function addRecord(job: Job, record: string, stamp: string): void {
  job.records = job.records === "" ? stamp + record : `${job.records}\n${stamp}${record}`;
}

/** The state people see; waiting for its time and due are told apart by the clock. */
function stateOf(job: Job, now: number): JobState {
  switch (job.phase.kind) {
    case "queued":
      if (job.runAtMs <= now) return "ready";
      return job.retrying ? "retrying" : "scheduled";
    case "running":
    case "waiting":
      return job.phase.kind;
    case "ended":
      return job.phase.state;
  }
}

/** What a claim adds to a job. */
interface Claim {
  readonly token: Token;
  readonly now: number;
  readonly children: ChildTally | undefined;
}

/** The job as a worker gets it, claimed at `now` under `token`. */
export function claimedJob(job: Job, { token, now, children }: Claim): ClaimedJob {
  return {
    id: job.id,
    token,
    queue: job.queue,
    name: job.name,
    tenant: job.tenant,
    priority: job.priority,
    attempt: job.attempts + 1,
    generation: job.generation,
    waitedMs: now - job.runAtMs,
    parent: job.parent,
    run: job.run,
    orderingKey: job.orderingKey,
    envelope: job.envelope,
    checkpoint: job.checkpoint,
    children,
  };
}

/** The job as listings show it. */
export function jobRow(job: Job, now: number): JobRow {
  const ended = job.phase.kind === "ended" ? job.phase : undefined;
  return {
    id: job.id,
    queue: job.queue,
    name: job.name,
    tenant: job.tenant,
    priority: job.priority,
    state: stateOf(job, now),
    generation: job.generation,
    attempts: job.attempts,
    interruptions: job.interruptions,
    rescues: job.rescues,
    snoozes: job.snoozes,
    parent: job.parent,
    run: job.run,
    createdAtMs: job.createdAtMs,
    runAtMs: job.runAtMs,
    finishedAtMs: ended?.atMs,
    expiresAtMs: ended ? undefined : job.expiresAtMs,
    fingerprint: ended?.fingerprint,
    envelope: job.envelope,
    checkpoint: job.checkpoint,
    progress: job.progress,
    records: job.records,
  };
}
