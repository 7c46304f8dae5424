/** What a lease holder may write, and what the store answers. */
import type { ChildPolicy } from "./children.ts";
import type { JobId, Token } from "./ids.ts";
import type { NewJob } from "./job.ts";
import type { SnoozeNote } from "./limit.ts";
import type { LogPart } from "./report.ts";
import type { StepMark, StepRef } from "./step.ts";

export type { StepRef } from "./step.ts";

/** Terminal and pending states of one item of a step. */
export type ItemState = "done" | "filtered" | "skipped" | "failed";

/** One item's place in the ledger. A later outcome for the same (run, step, key) replaces the earlier one. */
export interface ItemOutcome {
  readonly key: string;
  readonly state: ItemState;
  /** Where it ended, in the step's own words (`extract`, `embed`, …). */
  readonly stage?: string | undefined;
  readonly errorClass?: string | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** JSON text of the item as its reader gave it, for running it again by itself. At most 1 MiB. */
  readonly item?: string | undefined;
  /** JSON text of what it came to. At most 1 MiB. */
  readonly output?: string | undefined;
  /** What to add to the step's counters for this item, beside 1 for its state. Finite integers. */
  readonly tally?: Readonly<Record<string, number>> | undefined;
}

/**
 * A write by the holder of a lease. `write` counts 1, 2, 3 … under one token: a number not above the job's last one
 * is answered `already-applied`. All parts of one write are applied together or not at all. At most one write per
 * job in a call.
 */
export interface HolderWrite {
  readonly id: JobId;
  readonly token: Token;
  readonly write: number;
  readonly checkpoint?: string | undefined;
  /** Children of this job; the job's fork counts them. */
  readonly spawn?: readonly NewJob[] | undefined;
  /** Needed with `items` or `counters`. */
  readonly step?: StepRef | undefined;
  readonly items?: readonly ItemOutcome[] | undefined;
  /** Items that the ledger has already stay as they are there; those of this write count nothing then. */
  readonly onlyNewItems?: boolean | undefined;
  /** Put in the place of what was said of these steps before, in order; they may be any run's. */
  readonly marks?: readonly StepMark[] | undefined;
  /** How far the job is: opaque text, in the place of what was there. */
  readonly progress?: string | undefined;
  /** Lines for the job's log; of each generation the last 1,000 are kept. */
  readonly log?: LogPart | undefined;
  /** Added to the step's counters beside what the items say. Finite integers. */
  readonly counters?: Readonly<Record<string, number>> | undefined;
}

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: "completed" }
  /** A failed attempt that is tried again after `delayMs` (0 or more). */
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "dead"; readonly fingerprint: string }
  /**
   * Not yet: due again in `delayMs` (0 or more). Burns no attempt, is counted apart and leaves no record. The note stays with
   * the job until it starts again.
   */
  | { readonly kind: "snoozed"; readonly delayMs: number; readonly note?: SnoozeNote | undefined }
  /** Given back at shutdown; burns no attempt, and counts nothing where the handler never started. */
  | { readonly kind: "released"; readonly started: boolean }
  /**
   * Waits until at most `wakeAt` of its children are unfinished, or as `policy` says where there is one (`wakeAt` means
   * nothing then). What is met, or can no longer be met, takes effect at once.
   */
  | { readonly kind: "suspended"; readonly wakeAt: number; readonly policy?: ChildPolicy | undefined };

/** The last write of an attempt: with it the lease on the job ends. Its number decides nothing; its token does. */
export interface Settlement extends HolderWrite {
  readonly outcome: Outcome;
  /** What is kept of the attempt: one line of JSON, opaque to the store. */
  readonly record: string;
  /** Added to the counters of the job's queue and class with what the outcome does to them. Whole numbers. */
  readonly measures?: Readonly<Record<string, number>> | undefined;
}

/**
 * `applied`: done. `applied-as-cancelled`: the attempt is over, but the job had been cancelled and has ended so,
 * whatever the outcome was. `already-applied`: this very write had been applied before (an answer was lost and the write
 * re-sent). `fenced`: the token is no longer current; nothing was changed.
 */
export type HolderAnswer = "applied" | "applied-as-cancelled" | "already-applied" | "fenced";
