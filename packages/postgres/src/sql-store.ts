/** The store port on SQL: one set of statements for server PostgreSQL and PGlite. */
import {
  type AnyTransaction,
  type ControlStore,
  checkJobs,
  checkNote,
  checkPrefix,
  checkQueueChange,
  checkWants,
  checkWorkers,
  checkWrites,
  type HolderWrite,
  type JobStore,
  type LifeStore,
  type NewJob,
  type QueueStore,
  type Settlement,
  type StatsStore,
  type Store,
  type WorkerStore,
} from "@millrace/core";
import { auditVerbs } from "./audit-verbs.ts";
import { cancel, cancels, cascade, hasCancelledParents } from "./cancel.ts";
import { watch } from "./children.ts";
import { claim } from "./claim.ts";
import { ClaimFloors } from "./claim-floors.ts";
import { enqueue, enqueueAtOnce, needsTransaction } from "./enqueue.ts";
import { events } from "./events.ts";
import { expire } from "./expire.ts";
import { explainJobs } from "./explain.ts";
import { findJobs, peekQueue } from "./find.ts";
import { cleanUp, deleteJobs, retry } from "./history.ts";
import { save, settle } from "./holder.ts";
import { fold, lockKey, readCounters, readRecent } from "./journal.ts";
import { endOrphans, extend, rescue } from "./leases.ts";
import { LockTakeover } from "./lock-takeover.ts";
import { findLogs } from "./logs.ts";
import { LoneCompletions } from "./lone-completions.ts";
import { migrate, schemaState } from "./migrate.ts";
import { operatorVerbsOn } from "./operator-verbs.ts";
import { LineRepair } from "./ordering.ts";
import { configureQueue, queueSettings } from "./queues.ts";
import { reprioritise } from "./reprioritise.ts";
import { type RunSessions, runVerbs } from "./run-verbs.ts";
import { type ScheduleSessions, scheduleVerbs } from "./schedule-verbs.ts";
import { inTransaction, joinedSql, type Session, sessionOn } from "./session.ts";
import { type Signals, signalsOn } from "./signals/signals.ts";
import type { SqlClient } from "./sql-client.ts";
import { type Statements, statementsFor } from "./statements.ts";
import { transactionsOn } from "./transactions.ts";
import { liveWorkers, registerWorkers, removeWorkers } from "./workers.ts";

/** Makes a store of a database client. `schema` is where its tables live (default `millrace`). */
export function sqlStore(client: SqlClient, options: { readonly schema?: string | undefined } = {}): Store {
  const schema = options.schema ?? "millrace";
  const floors = new ClaimFloors();
  const texts = statementsFor(schema);
  const statements: Statements = (name) => {
    floors.saw(name);
    return texts(name);
  };
  const signals = signalsOn(client, schema, sessionOn(client, statements));
  const alone = sessionOn(client, statements);
  const foldLock = lockKey(schema, "fold");
  const home: Home = { client, schema, statements, floors, signals };
  const enqueuing: RunSessions & ScheduleSessions = {
    alone,
    enqueuing: (jobs, work) => joined(home, { jobs }, work),
    lock: (purpose) => lockKey(schema, purpose),
  };
  return {
    ...lifeVerbs(home),
    ...jobVerbs(home),
    ...queueVerbs(home),
    ...controlVerbs(home),
    ...runVerbs(enqueuing),
    ...scheduleVerbs(enqueuing),
    events: (options) => events(alone, foldLock, options),
    ...statsVerbs(home),
    ...auditVerbs(alone, lockKey(schema, "audit"), (work) => joined(home, {}, work)),
    ...operatorVerbs(home),
    ...workerVerbs(home),
  };
}

/** A database, and where in it a store lives. */
interface Home {
  readonly client: SqlClient;
  readonly schema: string;
  readonly statements: Statements;
  readonly floors: ClaimFloors;
  readonly signals: Signals | undefined;
}

function lifeVerbs({ client, schema, signals }: Home): LifeStore {
  const takeover = new LockTakeover(client, schema);
  return {
    capabilities: {
      multiProcess: !client.exclusive,
      transactions: transactionsOn(client),
      get signals() {
        return signals?.capability;
      },
    },
    open: async () => {
      const info = await client.open();
      if (client.exclusive) await endOrphans(client, schema);
      await takeover.opened(info);
      return info;
    },
    migrate: async ({ dryRun = false, note = {} } = {}) => {
      if (dryRun) return (await schemaState(client, schema)).pending;
      checkNote(note);
      const names = await migrate(client, schema, note);
      await takeover.writeDown();
      return names;
    },
    close: () => client.close(),
  };
}

function jobVerbs(home: Home): JobStore {
  const { client, schema, statements } = home;
  const alone = sessionOn(client, statements);
  const lock = lockKey(schema, "fold");
  const repair = new LineRepair();
  const lone = new LoneCompletions();
  return {
    enqueue: async (jobs, options = {}) => {
      checkJobs(jobs);
      if (jobs.length === 0) return [];
      const { transaction, resend = false } = options;
      const sending = { jobs, resend };
      if (transaction === undefined && !needsTransaction(sending)) {
        const offered = await home.signals?.offer(jobs);
        if (offered !== undefined) return offered;
        const accepted = await enqueueAtOnce(alone, sending);
        if (accepted !== undefined) {
          home.signals?.announce(jobs);
          return accepted;
        }
      }
      return joined(home, { transaction, jobs }, (session) => enqueue(session, sending));
    },
    claim: async (wants, options) => {
      checkWants(wants);
      return claim(alone, wants, { ...options, floors: home.floors });
    },
    extend: (leases, options) => extend(alone, leases, options),
    save: async (writes, options = {}) => {
      checkWrites(writes);
      return joined(home, { ...options, jobs: spawnedBy(writes) }, (session) => save(session, writes));
    },
    settle: async (settlements, options = {}) => {
      checkWrites(settlements);
      const together = (all: readonly Settlement[]) =>
        joined(home, { ...options, jobs: spawnedBy(all) }, (session) => settle(session, all));
      if (options.transaction !== undefined) return together(settlements);
      return lone.settle(alone, settlements, together);
    },
    rescue: ({ limit }) => joined(home, {}, (session) => rescue(session, limit)),
    expire: ({ limit }) => joined(home, {}, (session) => expire(session, limit, repair)),
    watch: ({ limit }) => joined(home, {}, (session) => watch(session, limit)),
    fold: async (pass) => ({ folded: await fold(alone, { lock, ...pass }) }),
    counters: (scopes) => readCounters(alone, scopes, []),
    find: (filter, page) => findJobs(alone, filter, page),
    logs: async (job, page) => findLogs(alone, job, page),
    explain: (ids) => explainJobs(alone, ids),
  };
}

function queueVerbs(home: Home): QueueStore {
  const alone = sessionOn(home.client, home.statements);
  return {
    configureQueue: async (queue, change, note = {}) => {
      checkQueueChange(queue, change);
      checkNote(note);
      await joined(home, {}, (session) => configureQueue(session, { queue, change, note }));
    },
    queueSettings: () => queueSettings(alone),
    peek: (queue, options) => peekQueue(alone, queue, options),
  };
}

function controlVerbs(home: Home): ControlStore {
  const alone = sessionOn(home.client, home.statements);
  const own = <T>(work: (session: Session) => Promise<T>) => joined(home, {}, work);
  const lock = (purpose: string) => lockKey(home.schema, purpose);
  return {
    cancel: async (ids, note = {}) => {
      checkNote(note);
      return ids.length === 0 ? [] : own((session) => cancel(session, ids, note));
    },
    cancels: (leases) => cancels(alone, leases),
    cascade: async ({ limit }) => {
      if (!(await hasCancelledParents(alone))) return { cancelled: 0, more: false };
      return own((session) => cascade(session, limit));
    },
    retry: async (ids, note = {}) => {
      checkNote(note);
      if (ids.length === 0) return [];
      return own(async (session) => {
        await session.run("history/lock", [lock("retry")]);
        return retry(session, ids, note);
      });
    },
    reprioritise: (ids, priority, note = {}) =>
      own((session) => reprioritise(session, ids, { priority, note })),
    delete: async (ids, note = {}) => {
      checkNote(note);
      return own((session) => deleteJobs(session, ids, note));
    },
    cleanUp: async (options) => {
      checkNote(options.note ?? {});
      return own((session) => cleanUp(session, options, lock("clean-up")));
    },
  };
}

function statsVerbs(home: Home): StatsStore {
  const alone = sessionOn(home.client, home.statements);
  return {
    countersUnder: async (prefix, options = {}) => {
      checkPrefix(prefix, options);
      const { lastMinutes } = options;
      return lastMinutes === undefined
        ? readCounters(alone, [], [prefix])
        : readRecent(alone, prefix, lastMinutes);
    },
  };
}

function operatorVerbs(home: Home): ReturnType<typeof operatorVerbsOn> {
  return operatorVerbsOn({
    alone: sessionOn(home.client, home.statements),
    own: (work) => joined(home, {}, work),
    lock: lockKey(home.schema, "retry"),
  });
}

function workerVerbs(home: Home): WorkerStore {
  const alone = sessionOn(home.client, home.statements);
  return {
    registerWorkers: async (workers, { forMs }) => {
      checkWorkers(workers);
      await registerWorkers(alone, workers, forMs);
    },
    removeWorkers: (ids) => removeWorkers(alone, ids),
    workers: () => liveWorkers(alone),
  };
}

/** The caller's transaction as a session, where there is one. */
async function inside(home: Home, transaction: AnyTransaction | undefined): Promise<Session | undefined> {
  if (transaction === undefined) return undefined;
  return sessionOn(await joinedSql(transaction, home.client), home.statements);
}

/** The caller's transaction, if any, and the jobs that the work enqueues. */
interface Joining {
  readonly transaction?: AnyTransaction | undefined;
  readonly jobs?: readonly NewJob[];
}

/** Work in the caller's transaction, else in one of our own; idle workers are told of the jobs it enqueues. */
async function joined<T>(
  home: Home,
  { transaction, jobs = [] }: Joining,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await inside(home, transaction);
  const answer =
    session === undefined
      ? await inTransaction(home.client, (sql) => work(sessionOn(sql, home.statements)))
      : await work(session);
  if (session === undefined) home.signals?.announce(jobs);
  else await home.signals?.announceWithin(session, jobs);
  return answer;
}

function spawnedBy(writes: readonly HolderWrite[]): readonly NewJob[] {
  return writes.flatMap(({ spawn = [] }) => spawn);
}
