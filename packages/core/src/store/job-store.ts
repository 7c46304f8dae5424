/** The verbs of a job's life. Every write takes a list; `settle` and `rescue` are the only ways out of `running`. */
import type { JobId, LeaseId, RunId } from "../model/ids.ts";
import type { ClaimedJob, JobRow, JobState, NewJob, Priority } from "../model/job.ts";
import type { JobFacts } from "../model/job-facts.ts";
import type { LogRow } from "../model/report.ts";
import type { HolderAnswer, HolderWrite, Settlement } from "../model/settlement.ts";
import type { Page, PageOptions, WriteOptions } from "./call.ts";

/**
 * What became of a job that was sent. `exists`: a job with this id is live (or, for a re-send, finished); `duplicate`:
 * another job holds its unique key; `queue-full`: its queue has no room; nothing was written for these. `replaced`: the
 * holder of its key took its place.
 */
export interface Accepted {
  readonly id: JobId;
  readonly result: "created" | "exists" | "duplicate" | "replaced" | "queue-full";
  /** Of `duplicate` and `replaced`: the job that holds the key. It may have ended, where the key is kept for longer. */
  readonly job?: JobId | undefined;
}

/** `resend`: the client has sent these jobs before, so finished ones count as existing too. */
export interface EnqueueOptions extends WriteOptions {
  readonly resend?: boolean | undefined;
}

/** What a worker would take from one queue. */
export interface ClaimWant {
  readonly queue: string;
  /** 1 to 10,000. */
  readonly max: number;
  /** Handlers the worker has; other jobs stay. */
  readonly names: readonly string[];
  /** All classes where left out. */
  readonly priorities?: readonly Priority[] | undefined;
}

/** Who claims and for how long. */
export interface ClaimOptions {
  readonly worker: string;
  readonly lease: LeaseId;
  readonly leaseMs: number;
  /** Take one suspect (a job whose last holder vanished) and nothing else, instead of any number of others. */
  readonly solo?: boolean | undefined;
  /**
   * So many places of each want go first to jobs that have waited longer past their due time than their class should,
   * those most overdue in relation to it first. None where left out, and none with `solo`.
   */
  readonly overdue?: number | undefined;
  /** What each class should wait at most; {@link TARGET_WAITS_MS} where left out. */
  readonly targetsMs?: Readonly<Record<Priority, number>> | undefined;
}

/** A lease to prolong, or to give up because none of its jobs is held any more. */
export interface LeaseTouch {
  readonly lease: LeaseId;
  readonly dropped: boolean;
}

/** Which jobs to list; every field given must match. */
export interface JobFilter {
  readonly ids?: readonly JobId[] | undefined;
  readonly states?: readonly JobState[] | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly run?: RunId | undefined;
  readonly parent?: JobId | undefined;
  /** Of one of these classes. */
  readonly priorities?: readonly Priority[] | undefined;
  /** With all of these tags. */
  readonly tags?: readonly string[] | undefined;
  /** That failed in one of these ways: as it died, or, where it did not complete, by its last record. */
  readonly fingerprints?: readonly string[] | undefined;
  /** Created then or later, in ms on the store's clock. */
  readonly createdFromMs?: number | undefined;
  /** Created then or before. */
  readonly createdUntilMs?: number | undefined;
  /** Finished then or before. */
  readonly finishedUntilMs?: number | undefined;
}

/** What a pass of `rescue` did. `more`: leases past their deadline are left. */
export interface RescueReport {
  readonly ready: number;
  readonly crashed: number;
  readonly more: boolean;
}

/** What a pass of `expire` did. `more`: expired jobs are left. */
export interface ExpireReport {
  readonly expired: number;
  readonly more: boolean;
}

/** What a pass of `watch` found. */
export interface WatchReport {
  /** Lost children that were written off as failed. */
  readonly repaired: number;
  /** The parents that waited for them. */
  readonly stranded: readonly JobId[];
}

/** The job half of the port. */
export interface JobStore {
  /**
   * Adds jobs, due `delayMs` after the store's now, or at `runAtMs`. Atomic as a call; answers in order, each job judged
   * as if those before it had come in an earlier call: by its id, then its unique key, then the room
   * its queue had when the call began. Jobs refused for want of room are counted as `refused`.
   */
  enqueue(jobs: readonly NewJob[], options?: EnqueueOptions): Promise<readonly Accepted[]>;
  /**
   * Takes due jobs, by class, then due time, then id, each under a fresh token, all under one new lease (none is made
   * where nothing was due). Suspects are left to calls with `solo`; expired jobs, those of paused queues, and those
   * behind another one of their ordering key stay. Answers are in claim order.
   */
  claim(wants: readonly ClaimWant[], options: ClaimOptions): Promise<readonly ClaimedJob[]>;
  /**
   * Moves each lease's deadline to now + `leaseMs`, or forgets it where `dropped`. A lease past its deadline or
   * unknown is `lost`: its jobs must be given up.
   */
  extend(
    leases: readonly LeaseTouch[],
    options: { readonly worker: string; readonly leaseMs: number },
  ): Promise<{ readonly lost: readonly LeaseId[] }>;
  /** Applies writes of holders that go on. Answers in order; each write whole or not at all. */
  save(writes: readonly HolderWrite[], options?: WriteOptions): Promise<readonly HolderAnswer[]>;
  /**
   * Ends attempts, with whatever else the last write carries. `completed` and `dead` leave the live jobs for history,
   * and so does every attempt of a job that was cancelled meanwhile (`applied-as-cancelled`). They count down the
   * parent's fork. When all members are applied, the waiting parents they concern are judged: one whose condition is met
   * is woken, exactly once; one whose policy can no longer be met ends `dead`, fingerprint `children-failed`, and so
   * counts as failed in its own parent's fork, which is judged next. `cascade` cancels the children it leaves.
   */
  settle(settlements: readonly Settlement[], options?: WriteOptions): Promise<readonly HolderAnswer[]>;
  /**
   * Takes back jobs whose lease is past its deadline, at most `limit` leases: they become ready and suspect. One whose
   * lease was held alone (`solo`) more than `maxRescues` times ends `dead`, fingerprint `crashed`; one that was
   * cancelled meanwhile ends `cancelled`.
   */
  rescue(options: { readonly limit: number }): Promise<RescueReport>;
  /**
   * Ends jobs that are queued past their expiry as `expired`, at most `limit`, first expired first (then by id); to a
   * parent an expired child has failed. Also forgets unique keys kept long enough, and repairs what workers of an older
   * version left undone.
   */
  expire(options: { readonly limit: number }): Promise<ExpireReport>;
  /**
   * Looks at no more than `limit` waiting parents, those not looked at for longest first. Unfinished children that are
   * no live jobs any more (lost by a deletion or a bug) are counted as failed, and the parent is judged like any other:
   * it is woken, dies, or waits on for those that are left.
   */
  watch(options: { readonly limit: number }): Promise<WatchReport>;
  /**
   * Numbers committed journal rows and adds their deltas to the counters, at most `limit` rows; forgets numbered ones
   * older than `keepEventsMs`, a day where left out.
   */
  fold(options: {
    readonly limit: number;
    readonly keepEventsMs?: number | undefined;
  }): Promise<{ readonly folded: number }>;
  /**
   * Counters by scope, folded and not. Scopes: `queue:<queue>:<priority>` with names `queued`, `running`, `waiting`
   * (jobs now in those states), `completed`, `dead`, `cancelled`, `expired`, `refused` (ever), and `step:<run>:<step>`. Unknown scopes are left out,
   * zeros too.
   */
  counters(scopes: readonly string[]): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  /** Lists jobs newest first (by id), live and finished; of a job with several generations, the latest. */
  find(filter: JobFilter, page: PageOptions): Promise<Page<JobRow>>;
  /** A job's log, oldest first: generation by generation, each by `seq`. */
  logs(job: JobId, page: PageOptions): Promise<Page<LogRow>>;
  /**
   * What bears on why jobs run or do not, live or finished, all of one moment, by id; unknown ones are left out. What it
   * costs grows neither with the queues nor with history. `explain` of the model puts it into words.
   */
  explain(ids: readonly JobId[]): Promise<readonly JobFacts[]>;
}
