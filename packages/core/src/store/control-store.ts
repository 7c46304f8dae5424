/** The verbs of people and sweepers over jobs they do not hold: cancel, run again, move to another class, forget. */
import type { ControlNote } from "../model/control-note.ts";
import type { JobId, LeaseId, Token } from "../model/ids.ts";
import type { Priority, TerminalState } from "../model/job.ts";

/**
 * `cancelled`: it was queued or waiting and has ended. `cancelling`: it runs; its holder learns of it by `cancels`, and
 * however that attempt ends, the job ends cancelled.
 */
export type CancelAnswer = "cancelled" | "cancelling" | "already-finished" | "not-found";

/** `replayed`: it had finished and is ready again. `made-ready`: it was to run later and is due now. */
export type RetryAnswer = "replayed" | "made-ready" | "still-live" | "not-found";

/** `changed`: it is of the class now. `unchanged`: it was. `not-in-line`: it runs, waits or has finished; nothing was done. */
export type ReprioritiseAnswer = "changed" | "unchanged" | "not-in-line" | "not-found";

/** `still-live`: only finished jobs are deleted; cancel it first. */
export type DeleteAnswer = "deleted" | "still-live" | "not-found";

/** A running job that was cancelled, as its holder is told. */
export interface CancelSignal {
  readonly job: JobId;
  /** The attempt it is meant for. */
  readonly token: Token;
  readonly reason?: string | undefined;
}

/** Which finished jobs to forget. */
export interface CleanUpOptions {
  /** Since they finished, on the store's clock: this long or longer. */
  readonly olderThanMs: number;
  /** Dead letters only where `dead` is among them. */
  readonly states: readonly TerminalState[];
  readonly limit: number;
  /** Do nothing while another process cleans up in the background. */
  readonly background?: boolean | undefined;
  /** Who has it done. */
  readonly note?: ControlNote | undefined;
}

/**
 * The control half of the port. Ids may be met twice in a call and are answered alike. Where the note names an actor, the
 * audit keeps which jobs were changed, in the same transaction.
 */
export interface ControlStore {
  /**
   * Ends queued and waiting jobs as `cancelled`, which counts down their parent's fork as a dead child would, and flags
   * running ones. From then on no attempt of the job succeeds. Answers in order; atomic as a call. Their live children
   * follow with `cascade`.
   */
  cancel(ids: readonly JobId[], note?: ControlNote): Promise<readonly CancelAnswer[]>;
  /** The flagged jobs among those running under these leases. Read-only. */
  cancels(leases: readonly LeaseId[]): Promise<readonly CancelSignal[]>;
  /**
   * Cancels live children of cancelled jobs, at most `limit`, by id; their own children are left to the next passes,
   * which `more` tells of. Children that a flagged parent still spawns are found too.
   */
  cascade(options: {
    readonly limit: number;
  }): Promise<{ readonly cancelled: number; readonly more: boolean }>;
  /**
   * Has finished jobs run again, due at once, as their next generation: counts and checkpoint start anew, the records
   * go on. A live parent waits for such a child again, and the job itself for children still live. Jobs that are to
   * run later become due now. Answers in order; atomic as a call.
   */
  retry(ids: readonly JobId[], note?: ControlNote): Promise<readonly RetryAnswer[]>;
  /**
   * Gives jobs in line another class: scheduled, ready and retrying ones, those behind others of their ordering key among
   * them. Claims, ageing and counts go by the new class from then on; due time and expiry stay, and so does the order of
   * ordering keys. No capacity refuses what is in line already. Answers in order; atomic as a call.
   * @throws MillraceError `bad-usage` for a class there is none of.
   */
  reprioritise(
    ids: readonly JobId[],
    priority: Priority,
    note?: ControlNote,
  ): Promise<readonly ReprioritiseAnswer[]>;
  /** Forgets finished jobs for good. Answers in order; atomic as a call. */
  delete(ids: readonly JobId[], note?: ControlNote): Promise<readonly DeleteAnswer[]>;
  /**
   * Forgets finished jobs by age, oldest first (then by id), at most `limit`. `more`: others are as old. Children that
   * did not complete are kept while their parent is live, and while their run is active or cancelled: these may yet ask what
   * became of them.
   */
  cleanUp(options: CleanUpOptions): Promise<{ readonly removed: number; readonly more: boolean }>;
}
