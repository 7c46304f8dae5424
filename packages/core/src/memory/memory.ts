/** Everything a memory store holds, and how a verb's change to it is noted. */
import type { JobId } from "../model/ids.ts";
import type { Clock } from "../runtime/clock.ts";
import { Change } from "./change.ts";
import { Forks } from "./forks.ts";
import type { Ended } from "./job.ts";
import { Jobs, type Moment } from "./jobs.ts";
import { Journal } from "./journal.ts";
import { Keys } from "./keys.ts";
import { Leases } from "./leases.ts";
import { Ledger } from "./ledger.ts";
import { Logs } from "./logs.ts";
import { Operations } from "./operations.ts";
import { judgeParents } from "./parents.ts";
import { Queues } from "./queues.ts";
import { Runs } from "./runs.ts";
import { Schedules } from "./schedules.ts";
import { Workers } from "./workers.ts";

/** One store's state; only the verbs change it. */
export interface Memory {
  readonly clock: Clock;
  readonly jobs: Jobs;
  readonly keys: Keys;
  readonly leases: Leases;
  readonly forks: Forks;
  /** Cancelled jobs whose children are to follow. */
  readonly cancelledParents: Set<JobId>;
  readonly journal: Journal;
  readonly queues: Queues;
  readonly runs: Runs;
  readonly ledger: Ledger;
  readonly logs: Logs;
  readonly operations: Operations;
  readonly workers: Workers;
  readonly schedules: Schedules;
  /** The store-wide sequence's last number. */
  lastToken: number;
  /** Journal rows that calls have begun. */
  rowsBegun: number;
}

/** An empty one. */
export function newMemory(clock: Clock): Memory {
  return {
    clock,
    jobs: new Jobs(),
    keys: new Keys(),
    leases: new Leases(),
    forks: new Forks(),
    cancelledParents: new Set(),
    journal: new Journal(),
    queues: new Queues(),
    runs: new Runs(),
    ledger: new Ledger(),
    logs: new Logs(),
    operations: new Operations(),
    workers: new Workers(),
    schedules: new Schedules(),
    lastToken: 0,
    rowsBegun: 0,
  };
}

/** Does a verb's work at one instant, judges the parents it touched, and journals what changed of jobs and counters. */
export function change<T>(memory: Memory, work: (moment: Moment) => T): T {
  const now = memory.clock.now();
  const made = new Change(memory.rowsBegun);
  const completed: Ended = { kind: "ended", state: "completed", atMs: now, fingerprint: undefined };
  const moment: Moment = { now, stamp: `${now} `, completed, change: made, touched: new Set() };
  try {
    const answer = work(moment);
    judgeParents(memory, moment);
    memory.journal.append(made, now);
    return answer;
  } finally {
    memory.rowsBegun = made.rowsBegun;
  }
}
