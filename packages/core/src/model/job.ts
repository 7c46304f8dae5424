/** What a job is: its classes, its states, and the rows a store takes, hands to a worker and shows. */
import type { ChildTally } from "./children.ts";
import type { JobId, RunId, Token } from "./ids.ts";

/** Priority classes in claim order: strict by class, then due time, then id. */
export const PRIORITIES = ["critical", "high", "default", "low", "bulk"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How long jobs of each class should wait at most, in ms; past that they may go first for some of the places. */
export const TARGET_WAITS_MS: Readonly<Record<Priority, number>> = Object.freeze({
  critical: 1_000,
  high: 10_000,
  default: 60_000,
  low: 600_000,
  bulk: 3_600_000,
});

/** Every state a job can be seen in; `scheduled`, `ready` and `retrying` are told apart by the store's clock. */
export const JOB_STATES = [
  "scheduled",
  "ready",
  "retrying",
  "running",
  "waiting",
  "completed",
  "dead",
  "cancelled",
  "expired",
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** States a job ends in. */
export const TERMINAL_STATES = ["completed", "dead", "cancelled", "expired"] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** A job on its way into a store. The client has validated it; limits and defaults are already applied. */
export interface NewJob {
  readonly id: JobId;
  readonly queue: string;
  readonly name: string;
  /** Empty for the default tenant. */
  readonly tenant: string;
  readonly priority: Priority;
  /** How long after the store accepts it the job becomes due, in ms; 0 for at once. */
  readonly delayMs: number;
  /** Rescues from a lease held alone after which the job is given up as crashed. */
  readonly maxRescues: number;
  readonly run?: RunId | undefined;
  /** Opaque text made by the client, its first character naming the codec (see `envelope.ts`). */
  readonly envelope: string;
}

/** A claimed job, as a worker gets it. */
export interface ClaimedJob {
  readonly id: JobId;
  readonly token: Token;
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly priority: Priority;
  /** This execution's number: failed attempts so far plus one. */
  readonly attempt: number;
  readonly generation: number;
  /** How long it had been due when it was claimed, in ms on the store's clock. */
  readonly waitedMs: number;
  readonly parent?: JobId | undefined;
  readonly run?: RunId | undefined;
  readonly envelope: string;
  /** What the last applied write with a `checkpoint` left, in this generation. */
  readonly checkpoint?: string | undefined;
  /** How its children stand, of a job that has spawned any in this generation. */
  readonly children?: ChildTally | undefined;
}

/** A job as a store shows it, live or finished. Times are ms since the epoch on the store's clock. */
export interface JobRow {
  readonly id: JobId;
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly priority: Priority;
  readonly state: JobState;
  readonly generation: number;
  /** Handler failures and successes; rescues, releases and snoozes are counted apart. */
  readonly attempts: number;
  readonly interruptions: number;
  readonly rescues: number;
  /** Times its handler put it off. */
  readonly snoozes: number;
  readonly parent?: JobId | undefined;
  readonly run?: RunId | undefined;
  readonly createdAtMs: number;
  readonly runAtMs: number;
  readonly finishedAtMs?: number | undefined;
  /** Of a dead job's last error; groups equal failures. */
  readonly fingerprint?: string | undefined;
  readonly envelope: string;
  readonly checkpoint?: string | undefined;
  /** What the last applied write with `progress` left. */
  readonly progress?: string | undefined;
  /** One line per ended attempt, `<end in ms> <record>`, oldest first; empty before the first. */
  readonly records: string;
}
