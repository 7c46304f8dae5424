/** Everything a memory store holds, and how a verb's change to it is noted. */
import { type DeathCause, deathEntries } from "../model/audit-entry.ts";
import type { JobId, RunId } from "../model/ids.ts";
import type { Clock } from "../runtime/clock.ts";
import { Audit } from "./audit.ts";
import { Change } from "./change.ts";
import { Forks } from "./forks.ts";
import { Holds } from "./holds.ts";
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
import { Steps } from "./steps.ts";
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
  readonly limits: Holds;
  readonly runs: Runs;
  /** Runs that are known no more, while anything that was written of them is left. */
  readonly removedRuns: Set<RunId>;
  readonly steps: Steps;
  readonly ledger: Ledger;
  readonly logs: Logs;
  readonly audit: Audit;
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
    limits: new Holds(),
    runs: new Runs(),
    removedRuns: new Set(),
    steps: new Steps(),
    ledger: new Ledger(),
    logs: new Logs(),
    audit: new Audit(),
    operations: new Operations(),
    workers: new Workers(),
    schedules: new Schedules(),
    lastToken: 0,
    rowsBegun: 0,
  };
}

/**
 * Does a verb's work at one instant, judges the parents it touched, and writes down what changed: of jobs and counters in
 * the journal, of what people should be able to look up later in the audit.
 */
export function change<T>(memory: Memory, work: (moment: Moment) => T): T {
  const now = memory.clock.now();
  const made = new Change(memory.rowsBegun);
  const completed: Ended = { kind: "ended", state: "completed", atMs: now, fingerprint: undefined };
  const deaths = { failed: [], crashed: [], "children-failed": [] };
  const about = { touched: new Set<JobId>(), audit: [], deaths };
  const moment: Moment = { now, stamp: `${now} `, completed, change: made, ...about };
  try {
    const answer = work(moment);
    judgeParents(memory, moment);
    memory.journal.append(made, now);
    memory.audit.append([...deathsOf(moment), ...moment.audit], now);
    return answer;
  } finally {
    memory.rowsBegun = made.rowsBegun;
  }
}

function deathsOf({ deaths }: Moment) {
  const causes: readonly DeathCause[] = ["failed", "crashed", "children-failed"];
  return causes.flatMap((cause) => deathEntries(deaths[cause], cause));
}
