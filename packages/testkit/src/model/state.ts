/** What the reference model remembers: plain values, no indexes; every total is derived when somebody asks. */
import type {
  AuditRecord,
  ChildPolicy,
  ItemRow,
  JobId,
  JobLogLevel,
  JobState,
  LeaseId,
  NewJob,
  OperationId,
  OperationRow,
  Priority,
  QueueSetting,
  RunId,
  RunRow,
  ScheduleRow,
  SnoozeNote,
  StepRef,
  StepRow,
  Token,
  Transition,
  WorkerId,
  WorkerRow,
} from "@millrace/core";

/** Where a job is; what `queued` is seen as depends on the clock (see {@link stateOf}). */
type Place = "queued" | "running" | "waiting" | "completed" | "dead" | "cancelled" | "expired";

/** A job, live or ended. */
export interface ModelJob {
  readonly spec: NewJob;
  readonly parent: JobId | undefined;
  readonly place: Place;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly runAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /** Whether it holds its unique key. */
  readonly holdsKey: boolean;
  readonly attempts: number;
  readonly interruptions: number;
  readonly rescues: number;
  readonly snoozes: number;
  /** The rescues that count towards `maxRescues`: from leases held alone. */
  readonly soloRescues: number;
  readonly isSuspect: boolean;
  /** Whether its last attempt failed and is to be tried again. */
  readonly isRetrying: boolean;
  /** There exactly while running, with the lease it runs under. */
  readonly token: Token | undefined;
  readonly lease: LeaseId | undefined;
  /** Highest write number applied under the current token. */
  readonly lastWrite: number;
  readonly settledToken: Token | undefined;
  /** Why the last attempt put it off. */
  readonly snoozedFor: SnoozeNote | undefined;
  /** Of a waiting job: how many unfinished children it no longer waits for. */
  readonly wakeAt: number;
  /** Of a waiting job: what it waits for instead, where it said so. */
  readonly policy: ChildPolicy | undefined;
  /** The record of its cancellation, from the moment it was cancelled. */
  readonly cancelled: string | undefined;
  readonly checkpoint: string | undefined;
  readonly progress: string | undefined;
  /** The log from its first line on, also what is no longer kept. */
  readonly log: readonly ModelLine[];
  readonly fingerprint: string | undefined;
  readonly records: readonly string[];
}

/** A line of a log; `undefined` text of one the holder skipped. */
export interface ModelLine {
  readonly generation: number;
  readonly atMs: number;
  readonly level: JobLogLevel;
  readonly line: string | undefined;
}

/** A unique key that stays taken until then, whatever becomes of the job. */
interface KeptKey {
  readonly job: JobId;
  readonly untilMs: number;
}

/** One claim batch's lease. */
export interface ModelLease {
  readonly id: LeaseId;
  /** When it was claimed. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly isSolo: boolean;
}

/** A worker that has given its word. */
export interface ModelWorker {
  readonly row: WorkerRow;
  readonly untilMs: number;
}

/** What holds a limit, also once it is over. */
export interface ModelHold {
  readonly untilMs: number;
  readonly reason: string | undefined;
  readonly by: string | undefined;
}

/** A run; its counters are derived. */
export type ModelRun = Omit<RunRow, "counters">;

/** An operation, when its next page is given out, and the last job whose turn has come (empty: none). */
export interface ModelOperation {
  readonly row: OperationRow;
  readonly dueAtMs: number;
  readonly cursor: string;
}

/** One row of the ledger. */
export interface LedgerRow extends StepRef {
  readonly item: ItemRow;
}

/** One write's explicit counters. */
interface CounterEntry extends StepRef {
  readonly counters: Readonly<Record<string, number>>;
}

/** The end of a job that has been forgotten, or lives again. */
interface PastEnd {
  readonly queue: string;
  readonly priority: Priority;
  readonly place: Place;
}

/** What one attempt measured, by its queue's scope. */
interface Measured {
  readonly scope: string;
  readonly measures: Readonly<Record<string, number>>;
}

/** Something that happened to a job. */
export interface ModelEvent {
  readonly job: JobId;
  readonly parent: JobId | undefined;
  readonly kind: Transition;
}

/** The whole of a store, at one instant of its clock. */
export interface ModelState {
  readonly nowMs: number;
  /** How many tokens were given out. */
  readonly tokens: number;
  /** In the order they were enqueued. */
  readonly jobs: ReadonlyMap<JobId, ModelJob>;
  readonly keptKeys: ReadonlyMap<string, KeptKey>;
  readonly queues: ReadonlyMap<string, QueueSetting>;
  /** Jobs refused for want of room, by counter scope. */
  readonly refused: ReadonlyMap<string, number>;
  /** Cancelled jobs whose children are to follow. */
  readonly cancelledParents: ReadonlySet<JobId>;
  readonly past: readonly PastEnd[];
  readonly leases: ReadonlyMap<LeaseId, ModelLease>;
  /** Also those whose word has run out. */
  readonly workers: ReadonlyMap<WorkerId, ModelWorker>;
  readonly holds: ReadonlyMap<string, ModelHold>;
  readonly runs: ReadonlyMap<RunId, ModelRun>;
  readonly schedules: ReadonlyMap<string, ScheduleRow>;
  readonly steps: readonly StepRow[];
  readonly ledger: readonly LedgerRow[];
  readonly entries: readonly CounterEntry[];
  /** What attempts measured. */
  readonly measured: readonly Measured[];
  /** Oldest first. */
  readonly events: readonly ModelEvent[];
  /** All records ever, in the order they were written. */
  readonly audit: readonly AuditRecord[];
  /** By tenant, the last place of its chain that was let go of. */
  readonly prunedTo: ReadonlyMap<string, number>;
  readonly operations: ReadonlyMap<OperationId, ModelOperation>;
}

/** What a transition gives: the next state, and what the caller is told. */
export interface Answer<T> {
  readonly state: ModelState;
  readonly answer: T;
}

/** A store nobody has written to, its clock at `nowMs`. */
export function emptyState(nowMs: number): ModelState {
  return {
    nowMs,
    tokens: 0,
    jobs: new Map(),
    keptKeys: new Map(),
    queues: new Map(),
    refused: new Map(),
    cancelledParents: new Set(),
    past: [],
    leases: new Map(),
    workers: new Map(),
    holds: new Map(),
    runs: new Map(),
    schedules: new Map(),
    steps: [],
    ledger: [],
    entries: [],
    measured: [],
    events: [],
    audit: [],
    prunedTo: new Map(),
    operations: new Map(),
  };
}

/** The same store with one job added or replaced. */
export function withJob(state: ModelState, job: ModelJob): ModelState {
  return { ...state, jobs: new Map(state.jobs).set(job.spec.id, job) };
}

/** The same store, with a transition to tell of. */
export function noted(state: ModelState, kind: Transition, job: JobId): ModelState {
  const parent = state.jobs.get(job)?.parent;
  return { ...state, events: [...state.events, { kind, job, parent }] };
}

/** The same store, the children of a job to be cancelled by sweeps. */
export function withCancelledParent(state: ModelState, id: JobId): ModelState {
  return { ...state, cancelledParents: new Set(state.cancelledParents).add(id) };
}

/** The same store, some time later. */
export function advance(state: ModelState, ms: number): ModelState {
  return { ...state, nowMs: state.nowMs + ms };
}

/** Whether the job has not ended. */
export function isLive(job: ModelJob): boolean {
  return job.place === "queued" || job.place === "running" || job.place === "waiting";
}

/** The state a job is seen in at this instant. A delay at enqueue, a retry and a snooze put the due time ahead. */
export function stateOf(job: ModelJob, nowMs: number): JobState {
  if (job.place !== "queued") return job.place;
  if (job.runAtMs <= nowMs) return "ready";
  return job.isRetrying ? "retrying" : "scheduled";
}

/** Applies one transition after the other, collecting the answers. */
export function inOrder<In, Out>(
  start: ModelState,
  inputs: readonly In[],
  transition: (state: ModelState, input: In) => Answer<Out>,
): Answer<readonly Out[]> {
  let state = start;
  const answer: Out[] = [];
  for (const input of inputs) {
    const one = transition(state, input);
    state = one.state;
    answer.push(one.answer);
  }
  return { state, answer };
}
