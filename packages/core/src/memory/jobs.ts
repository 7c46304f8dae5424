/** All jobs of a memory store, and the moves between their phases with what each adds to the queue counters. */
import type { AuditEntry } from "../model/audit.ts";
import type { DeathCause } from "../model/audit-entry.ts";
import type { WaitCondition } from "../model/children.ts";
import type { JobId, RunId, Token } from "../model/ids.ts";
import type { JobRow, NewJob, Priority } from "../model/job.ts";
import type { LinePlace } from "../model/job-facts.ts";
import { hasFailedSo, tagsOf } from "../model/job-marks.ts";
import type { Page, PageOptions } from "../store/call.ts";
import type { JobFilter } from "../store/job-store.ts";
import type { Change } from "./change.ts";
import { Expiries } from "./expiries.ts";
import { Groups } from "./groups.ts";
import { History } from "./history.ts";
import {
  bornJob,
  dueOf,
  type Ended,
  expiryOf,
  type Job,
  jobRow,
  type Phase,
  QUEUED,
  rebornJob,
} from "./job.ts";
import type { Move } from "./moves.ts";
import { Ordering } from "./ordering.ts";
import { pageOf } from "./page.ts";
import { ReadyJobs } from "./ready.ts";
import { newestFirst, SortedKeys } from "./sorted-keys.ts";
import { Tally } from "./tally.ts";

/** A job that is running, as its holder's writes see it. */
export type RunningJob = Job & { phase: Extract<Phase, { kind: "running" }> };

/** Which instant a call works at and what it notes. */
export interface Moment {
  readonly now: number;
  /** The same, as records begin. */
  readonly stamp: string;
  /** The phase of what completes at it. */
  readonly completed: Ended;
  readonly change: Change;
  /** Waiting parents to be judged when the call's work is done. */
  readonly touched: Set<JobId>;
  /** What the audit is to keep of the call. */
  readonly audit: AuditEntry[];
  /** Jobs that went to dead in it, by cause. */
  readonly deaths: Readonly<Record<DeathCause, Job[]>>;
}

/** How a job comes back in line. */
export interface Requeue {
  readonly kind: "retrying" | "snoozed" | "released" | "woken" | "rescued";
  readonly runAtMs: number;
}

/** Moves as the journal counts them. */
const BORN: Move = Object.freeze({ to: "queued" });
const CLAIMED: Move = Object.freeze({ from: "queued", to: "running" });
const PARKED: Move = Object.freeze({ from: "running", to: "waiting" });
const NONE: Move = Object.freeze({});

/** Live and finished jobs by id, the queued ones among them in claim order. */
export class Jobs {
  readonly ready: ReadyJobs = new ReadyJobs();
  readonly history: History = new History();
  readonly expiries: Expiries = new Expiries();
  readonly #ordering = new Ordering();
  readonly #jobs = new Map<JobId, Job>();
  /** Few beside all jobs, so that their holders' writes find them at once. */
  readonly #running = new Map<Token, RunningJob>();
  readonly #liveOfRuns = new Tally<RunId>();
  readonly #ids = new SortedKeys<JobId>(newestFirst);
  readonly #children = new Groups<JobId, JobId>();

  get(id: JobId): Job | undefined {
    return this.#jobs.get(id);
  }

  /** Whether this very job is here: it may have been lost. */
  has(job: Job): boolean {
    return this.#jobs.get(job.id) === job;
  }

  isLive(id: JobId): boolean {
    const job = this.#jobs.get(id);
    return job !== undefined && job.phase.kind !== "ended";
  }

  /** Whether any job of the run is live. */
  hasLive(run: RunId): boolean {
    return this.#liveOfRuns.has(run);
  }

  /** Whether the id is live or in history. */
  isKnown(id: JobId): boolean {
    return this.#jobs.has(id);
  }

  /** Adds a job; one of its id that has ended is forgotten. */
  add(job: NewJob, moment: Moment, parent?: JobId): void {
    const past = this.#jobs.get(job.id);
    if (past === undefined) this.#ids.add(job.id);
    else this.#replace(past);
    const born = bornJob(job, moment.now, parent);
    this.#jobs.set(job.id, born);
    this.#children.add(parent, job.id);
    this.#liveOfRuns.add(born.run, 1);
    this.#ordering.enter(born);
    this.#queue(born);
    moment.change.note("enqueued", born, BORN);
  }

  /** The job that runs under this token. */
  runningUnder(token: Token): RunningJob | undefined {
    return this.#running.get(token);
  }

  /** Starts a job that was taken out of `ready`. */
  run(job: Job, phase: RunningJob["phase"], change: Change): void {
    job.phase = phase;
    this.#running.set(phase.token, job as RunningJob); // it has just become one
    job.retrying = false;
    change.note("claimed", job, CLAIMED);
  }

  /** Puts a running or waiting job back in line, due at `runAtMs`; `kind` says how that came about. */
  requeue(job: Job, { kind, runAtMs }: Requeue, change: Change): void {
    const left = job.phase.kind === "waiting" ? "waiting" : "running";
    this.#leave(job);
    job.phase = QUEUED;
    job.runAtMs = runAtMs;
    this.#queue(job);
    change.note(kind, job, { from: left, to: "queued" });
  }

  /** Parks a running job until its children meet the condition. */
  park(job: Job, condition: WaitCondition, change: Change): void {
    this.#leave(job);
    job.phase = { kind: "waiting", condition };
    change.note("waiting", job, PARKED);
  }

  /** Where a job stands behind others of its ordering key; nothing where it does not. */
  placeInLine(job: Job): LinePlace | undefined {
    return this.#ordering.placeOf(job);
  }

  /** Has a queued job do the work of another. */
  replace(job: Job, by: NewJob, moment: Moment): void {
    const { priority } = job;
    this.ready.remove(job);
    job.envelope = by.envelope;
    job.snoozed = undefined;
    job.priority = by.priority;
    job.runAtMs = dueOf(by, moment.now);
    job.expiresAtMs = expiryOf(by, moment.now);
    this.#queue(job);
    moment.change.note("replaced", job, NONE);
    moment.change.moved(job, priority);
  }

  /** Forgets a running or waiting job, as if it had never been. */
  lose(job: Job): void {
    this.#leave(job);
    this.#liveOfRuns.add(job.run, -1);
    this.#jobs.delete(job.id);
    this.#children.delete(job.parent, job.id);
  }

  /** Moves a live job to history. */
  end(job: Job, ended: Ended, change: Change): void {
    const left = job.phase.kind as Exclude<Phase["kind"], "ended">; // only live jobs end
    if (left === "queued") this.ready.remove(job);
    this.#leave(job);
    this.#liveOfRuns.add(job.run, -1);
    job.phase = ended;
    this.history.add(job, ended.state);
    change.note(ended.state, job, { from: left, to: ended.state });
    const next = this.#ordering.leave(job);
    const freed = next === undefined ? undefined : this.#jobs.get(next);
    if (freed) this.ready.add(freed);
  }

  /** Has a job that is queued for later become due. */
  hasten(job: Job, now: number): void {
    this.ready.remove(job);
    job.runAtMs = now;
    this.#line(job);
  }

  /** Has a queued job stand in line with those of another class. */
  reprioritise(job: Job, priority: Priority, change: Change): void {
    const from = job.priority;
    this.ready.remove(job);
    job.priority = priority;
    this.#line(job);
    change.reprioritised(job, from);
  }

  /** Has a finished job live again, as its next generation. */
  revive(job: Job, moment: Moment): Job {
    const reborn = rebornJob(job, moment.now);
    this.history.remove(job);
    this.#jobs.set(job.id, reborn);
    this.#liveOfRuns.add(reborn.run, 1);
    this.ready.add(reborn);
    moment.change.note("replayed", reborn, BORN);
    return reborn;
  }

  /** Forgets a finished job. */
  forget(job: Job, change: Change): void {
    this.history.remove(job);
    this.#jobs.delete(job.id);
    this.#ids.delete(job.id);
    this.#children.delete(job.parent, job.id);
    change.note("deleted", job, NONE);
  }

  /** Another of its id takes its place. */
  #replace(past: Job): void {
    this.history.remove(past);
    this.#children.delete(past.parent, past.id);
  }

  /** The job leaves its phase; a running one's token is dead. */
  #leave(job: Job): void {
    if (job.phase.kind === "running") this.#running.delete(job.phase.token);
  }

  #queue(job: Job): void {
    this.expiries.add(job);
    this.#line(job);
  }

  /** Puts a job in line; one behind another of its ordering key is not ready for claims yet. */
  #line(job: Job): void {
    if (this.#ordering.isFirst(job)) this.ready.add(job);
  }

  /** Ids of all jobs after this one, the smallest first. */
  oldestFirst(after: JobId | undefined): Iterable<JobId> {
    return this.#ids.before(after);
  }

  find(filter: JobFilter, page: PageOptions, now: number): Page<JobRow> {
    const asked = filter.ids ?? (filter.parent && [...this.#children.of(filter.parent)]);
    return pageOf({
      keys: this.#ids.among(asked, page.after),
      limit: page.limit,
      row: (id) => {
        const job = this.#jobs.get(id);
        const row = job && jobRow(job, now);
        return row && fits(row, filter) ? row : undefined;
      },
    });
  }
}

/** Whether the job runs under exactly this token. */
export function isHeldBy(job: Job | undefined, token: Token): job is RunningJob {
  return job?.phase.kind === "running" && job.phase.token === token;
}

function fitsTimes({ createdAtMs, finishedAtMs }: JobRow, filter: JobFilter): boolean {
  const { createdFromMs = createdAtMs, createdUntilMs = createdAtMs, finishedUntilMs } = filter;
  if (createdAtMs < createdFromMs || createdAtMs > createdUntilMs) return false;
  return finishedUntilMs === undefined || (finishedAtMs !== undefined && finishedAtMs <= finishedUntilMs);
}

function fitsMarks(row: JobRow, { priorities, tags, fingerprints }: JobFilter): boolean {
  if (priorities?.includes(row.priority) === false) return false;
  if (tags !== undefined && tags.length > 0) {
    const own = tagsOf(row.envelope);
    if (!tags.every((tag) => own.includes(tag))) return false;
  }
  return fingerprints?.some((fingerprint) => hasFailedSo(row, fingerprint)) ?? true;
}

const PLAIN_FIELDS = ["queue", "name", "tenant", "run", "parent"] as const;

function fits(row: JobRow, filter: JobFilter): boolean {
  if (filter.states && !filter.states.includes(row.state)) return false;
  return (
    fitsTimes(row, filter) &&
    fitsMarks(row, filter) &&
    PLAIN_FIELDS.every((field) => filter[field] === undefined || filter[field] === row[field])
  );
}
