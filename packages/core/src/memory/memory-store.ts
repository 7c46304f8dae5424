/** memoryStore: the reference adapter, the port's verbs over plain data in one process. */
import { MillraceError } from "../model/errors.ts";
import { PRIORITIES } from "../model/job.ts";
import { systemClock } from "../runtime/clock.ts";
import type { WriteOptions } from "../store/call.ts";
import {
  checkJobs,
  checkNote,
  checkPeek,
  checkPrefix,
  checkQueueChange,
  checkWants,
  checkWorkers,
} from "../store/checks.ts";
import type { ControlStore } from "../store/control-store.ts";
import type { DeadStore } from "../store/dead-store.ts";
import type { JobStore } from "../store/job-store.ts";
import { checkCount, checkOperation, checkPage } from "../store/operation-checks.ts";
import type { OperationStore } from "../store/operation-store.ts";
import { queueEntries } from "../store/queue-entries.ts";
import type { QueueStore } from "../store/queue-store.ts";
import { checkMove, checkRun } from "../store/run-checks.ts";
import type { RunStore } from "../store/run-store.ts";
import type { StatsStore } from "../store/stats-store.ts";
import type { LifeStore, Store } from "../store/store.ts";
import type { WorkerStore } from "../store/worker-store.ts";
import { checkWrites } from "../store/write-checks.ts";
import { auditVerbs } from "./audit-verbs.ts";
import { cancel, cancels, cascade } from "./cancel.ts";
import { claim } from "./claim.ts";
import { deadDepths, deadGroups, deadLetters } from "./dead.ts";
import { enqueue } from "./enqueue.ts";
import { events } from "./events.ts";
import { expire } from "./expire.ts";
import { explain } from "./explain.ts";
import { extend } from "./extend.ts";
import { save, settle } from "./holder-writes.ts";
import { limitVerbs } from "./holds.ts";
import { jobRow } from "./job.ts";
import { type Memory, newMemory } from "./memory.ts";
import {
  abortOperation,
  advanceOperation,
  countMatching,
  startOperation,
  takeOperation,
} from "./operation-verbs.ts";
import { cleanUpRuns, purgeRuns, removeRuns, unlessRemoved } from "./removed-runs.ts";
import { cleanUp, deleteJobs, retry } from "./replay.ts";
import { reprioritise } from "./reprioritise.ts";
import { rescue } from "./rescue.ts";
import { findRuns, moveRun, startRun, sweepRuns } from "./run-verbs.ts";
import { scheduleVerbs } from "./schedule-verbs.ts";
import { watch } from "./watch.ts";

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** The store's clock in ms since the epoch, never stepping back; the machine's where left out. */
  readonly now?: (() => number) | undefined;
}

/** Gives the memory while the store is open. */
type Opened = () => Memory;

/**
 * A store that lives and dies with the process: for tests, and for work that may be lost. Every call is atomic and is
 * over before the next begins. `open`, `close`, `open` again keeps the data and ends all leases.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return storeOn(newMemory(options.now ? { now: options.now } : systemClock));
}

/** The port's verbs over this memory. */
export function storeOn(memory: Memory): Store {
  let isOpen = false;
  const opened: Opened = () => {
    if (!isOpen) throw new MillraceError("store-closed", "the memory store is not open; call open() first");
    return memory;
  };
  const life: LifeStore = {
    capabilities: Object.freeze({ multiProcess: false }),
    open: async () => {
      if (!isOpen) memory.leases.expireAll(memory.clock.now());
      isOpen = true;
      return { kind: "memory", durability: "nothing survives the process", version: "1" };
    },
    migrate: async () => {
      opened();
      return [];
    },
    close: async () => {
      isOpen = false;
    },
  };
  return {
    ...life,
    ...jobVerbs(opened),
    ...queueVerbs(opened),
    ...controlVerbs(opened),
    ...runVerbs(opened),
    ...scheduleVerbs(opened),
    events: async (options) => events(opened(), options),
    ...statsVerbs(opened),
    ...auditVerbs(opened),
    ...deadVerbs(opened),
    ...operationVerbs(opened),
    ...workerVerbs(opened),
    ...limitVerbs(opened),
  };
}

function jobVerbs(opened: Opened): JobStore {
  return {
    enqueue: async (jobs, options = {}) => {
      refuseTransaction(options);
      checkJobs(jobs);
      return enqueue(opened(), jobs, options);
    },
    claim: async (wants, options) => {
      checkWants(wants);
      return claim(opened(), wants, options);
    },
    extend: async (leases, options) => extend(opened(), leases, options),
    save: async (writes, options = {}) => {
      refuseTransaction(options);
      checkWrites(writes);
      return save(opened(), writes);
    },
    settle: async (settlements, options = {}) => {
      refuseTransaction(options);
      checkWrites(settlements);
      return settle(opened(), settlements);
    },
    rescue: async ({ limit }) => rescue(opened(), limit),
    expire: async ({ limit }) => expire(opened(), limit),
    watch: async ({ limit }) => watch(opened(), limit),
    fold: async ({ limit, keepEventsMs }) => {
      const { journal, clock } = opened();
      const folded = journal.fold(limit);
      journal.prune(clock.now(), keepEventsMs);
      return { folded };
    },
    counters: async (scopes) => {
      const { journal } = opened();
      const known = scopes.map((scope) => [scope, journal.counters(scope)] as const);
      return Object.fromEntries(known.filter(([, counters]) => Object.keys(counters).length > 0));
    },
    find: async (filter, page) => {
      const { jobs, clock } = opened();
      return jobs.find(filter, page, clock.now());
    },
    logs: async (job, page) => opened().logs.list(job, page),
    explain: async (ids) => explain(opened(), ids),
  };
}

function queueVerbs(opened: Opened): QueueStore {
  return {
    configureQueue: async (queue, change, note = {}) => {
      checkQueueChange(queue, change);
      checkNote(note);
      const { queues, audit, clock } = opened();
      audit.append(queueEntries(note, queues.configure(queue, change)), clock.now());
    },
    queueSettings: async () => opened().queues.list(),
    peek: async (queue, { priorities = PRIORITIES, limit }) => {
      checkPeek(limit);
      const { jobs, clock } = opened();
      const now = clock.now();
      return jobs.ready.peek({ queue, priorities }, { now, limit }).map((job) => jobRow(job, now));
    },
  };
}

function controlVerbs(opened: Opened): ControlStore {
  return {
    cancel: async (ids, note = {}) => {
      checkNote(note);
      return cancel(opened(), ids, note);
    },
    cancels: async (leases) => cancels(opened(), leases),
    cascade: async ({ limit }) => cascade(opened(), limit),
    retry: async (ids, note = {}) => {
      checkNote(note);
      return retry(opened(), ids, note);
    },
    reprioritise: async (ids, priority, note = {}) => reprioritise(opened(), ids, { priority, note }),
    delete: async (ids, note = {}) => {
      checkNote(note);
      return deleteJobs(opened(), ids, note);
    },
    cleanUp: async (options) => {
      checkNote(options.note ?? {});
      return cleanUp(opened(), options);
    },
  };
}

function runVerbs(opened: Opened): RunStore {
  return {
    startRun: async (run, coordinator) => {
      checkRun(run, coordinator);
      return startRun(opened(), run, coordinator);
    },
    moveRun: async (move) => {
      checkMove(move);
      return moveRun(opened(), move);
    },
    findRuns: async (filter, page) => findRuns(opened(), filter, page),
    sweepRuns: async ({ limit }) => sweepRuns(opened(), limit),
    steps: async (filter, page) => {
      const memory = opened();
      return unlessRemoved(memory, filter.run, () => memory.steps.list(filter, page));
    },
    items: async (filter, page) => {
      const memory = opened();
      return unlessRemoved(memory, filter.run, () => memory.ledger.list(filter, page));
    },
    removeRuns: async (ids, note = {}) => {
      checkNote(note);
      return removeRuns(opened(), ids, note);
    },
    cleanUpRuns: async (options) => {
      checkNote(options.note ?? {});
      return cleanUpRuns(opened(), options);
    },
    purgeRuns: async ({ limit }) => purgeRuns(opened(), limit),
  };
}

function statsVerbs(opened: Opened): StatsStore {
  return {
    countersUnder: async (prefix, options = {}) => {
      checkPrefix(prefix, options);
      const { journal, clock } = opened();
      const { lastMinutes } = options;
      const sums = lastMinutes === undefined ? journal.sums() : journal.recent(lastMinutes, clock.now());
      return sums.under(prefix);
    },
  };
}

function deadVerbs(opened: Opened): DeadStore {
  return {
    deadLetters: async (filter, page) => deadLetters(opened(), filter, page),
    deadGroups: async (filter, page) => deadGroups(opened(), filter, page),
    deadDepths: async ({ atMost }) => deadDepths(opened(), atMost),
  };
}

function operationVerbs(opened: Opened): OperationStore {
  return {
    startOperation: async (operation) => {
      checkOperation(operation);
      return startOperation(opened(), operation);
    },
    operations: async (filter, page) => opened().operations.list(filter, page),
    takeOperation: async (options) => takeOperation(opened(), options),
    advanceOperation: async (page) => {
      checkPage(page);
      return advanceOperation(opened(), page);
    },
    abortOperation: async (id, note = {}) => {
      checkNote(note);
      return abortOperation(opened(), id, note);
    },
    countMatching: async (filter, page) => {
      checkCount(filter, page);
      return countMatching(opened(), filter, page);
    },
  };
}

function workerVerbs(opened: Opened): WorkerStore {
  return {
    registerWorkers: async (words, { forMs }) => {
      checkWorkers(words);
      const { workers, clock } = opened();
      workers.register(words, { now: clock.now(), forMs });
    },
    removeWorkers: async (ids) => opened().workers.remove(ids),
    workers: async () => {
      const { workers, clock } = opened();
      return workers.live(clock.now());
    },
  };
}

function refuseTransaction(options: WriteOptions): void {
  if (options.transaction !== undefined) {
    throw new MillraceError("unsupported", "the memory store has no transactions; leave `transaction` out");
  }
}
