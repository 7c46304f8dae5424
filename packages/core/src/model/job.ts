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

/** States of jobs in line; those that stand behind others of their ordering key are seen in them too. */
export const IN_LINE_STATES: readonly ["scheduled", "ready", "retrying"] = Object.freeze([
  "scheduled",
  "ready",
  "retrying",
]);

/** States a job ends in. */
export const TERMINAL_STATES = ["completed", "dead", "cancelled", "expired"] as const;
export type TerminalState = (typeof TERMINAL_STATES)[number];

/** Whether a job in this state moves no more but by an operator's word. */
export function isTerminal(state: JobState): state is TerminalState {
  const terminal: readonly JobState[] = TERMINAL_STATES;
  return terminal.includes(state);
}

/** What makes a job the only one of its kind. */
export interface UniqueKey {
  /** Compared as it is: the client puts scope and tenant in it. */
  readonly key: string;
  /** Until when the job holds the key: `live`, until it ends in any way; `queued`, until it is first claimed. */
  readonly while: "live" | "queued";
  /**
   * What a job that meets the key's holder does: `keep` leaves the holder as it is; `replace` gives the holder, where it
   * is still queued and has the same queue, name and tenant, its own envelope, priority, due time and expiry.
   */
  readonly onConflict: "keep" | "replace";
  /** How long the key stays taken after the job was accepted, in ms, even once the job has ended. */
  readonly keepForMs?: number | undefined;
}

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
  /** When the job becomes due on the store's clock, instead of `delayMs`; at once where that is past. */
  readonly runAtMs?: number | undefined;
  /** How long after the store accepts it a job that is still queued expires, in ms. */
  readonly ttlMs?: number | undefined;
  /** When a job that is still queued expires on the store's clock, instead of `ttlMs`. */
  readonly expiresAtMs?: number | undefined;
  /** Keeps other jobs of the same key out. Not for children and coordinators: their ids say who they are. */
  readonly unique?: UniqueKey | undefined;
  /**
   * Jobs of one ordering key run one at a time, in the order they were enqueued. Opaque: the client puts the tenant
   * in it. Not for children and coordinators.
   */
  readonly orderingKey?: string | undefined;
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
  /** Where other jobs may wait for the end of this one. */
  readonly orderingKey?: string | undefined;
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
  /** When the job expires if it is queued then; of live jobs only. */
  readonly expiresAtMs?: number | undefined;
  /** Of a dead job's last error; groups equal failures. */
  readonly fingerprint?: string | undefined;
  readonly envelope: string;
  readonly checkpoint?: string | undefined;
  /** What the last applied write with `progress` left. */
  readonly progress?: string | undefined;
  /** One line per ended attempt, `<end in ms> <record>`, oldest first; empty before the first. */
  readonly records: string;
}
