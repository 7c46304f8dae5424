/** The store port on SQL: one set of statements for server PostgreSQL and PGlite. */
import { checkJobs, checkRun, checkWants, checkWrites, type Store, type Transaction, type WriteOptions } from "@millrace/core";
import { findJobs } from "./find.ts";
import { save, settle } from "./holder.ts";
import { findItems } from "./items.ts";
import { claim, enqueue } from "./jobs.ts";
import { fold, lockKey, readCounters } from "./journal.ts";
import { endOrphans, extend, rescue } from "./leases.ts";
import { migrate } from "./migrate.ts";
import { findRuns, moveRun, startRun } from "./runs.ts";
import { asTransaction, inTransaction, type Session, sessionOn, sqlOf } from "./session.ts";
import type { SqlClient } from "./sql-client.ts";
import { statementsFor } from "./statements.ts";

/** Makes a store of a database client. `schema` is where its tables live (default `millrace`). */
export function sqlStore(client: SqlClient, options: { readonly schema?: string | undefined } = {}): Store {
  const schema = options.schema ?? "millrace";
  const statements = statementsFor(schema);
  const alone = sessionOn(client, statements);
  const lock = lockKey(schema, "fold");

  /** In the caller's transaction where there is one, else in one of our own. */
  function joined<T>(write: WriteOptions | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    const { transaction } = write ?? {};
    if (transaction !== undefined) return work(sessionOn(sqlOf(transaction), statements));
    return inTransaction(client, (sql) => work(sessionOn(sql, statements)));
  }

  return {
    capabilities: {
      multiProcess: !client.exclusive,
      transactions: {
        run: (work: (transaction: Transaction) => Promise<never>) =>
          inTransaction(client, (sql) => work(asTransaction(sql))),
      },
    },
    open: async () => {
      const info = await client.open();
      if (client.exclusive) await endOrphans(client, schema);
      return info;
    },
    migrate: () => migrate(client, schema),
    close: () => client.close(),
    enqueue: async (jobs, write) => {
      checkJobs(jobs);
      if (jobs.length === 0) return [];
      if (write?.resend === true) return joined(write, (session) => enqueue(session, jobs, true));
      const { transaction } = write ?? {};
      return enqueue(
        transaction === undefined ? alone : sessionOn(sqlOf(transaction), statements),
        jobs,
        false,
      );
    },
    claim: async (wants, call) => {
      checkWants(wants);
      return claim(alone, wants, call);
    },
    extend: (leases, call) => extend(alone, leases, call),
    save: async (writes, write) => {
      checkWrites(writes);
      return joined(write, (session) => save(session, writes));
    },
    settle: async (settlements, write) => {
      checkWrites(settlements);
      return joined(write, (session) => settle(session, settlements));
    },
    rescue: ({ limit }) => joined(undefined, (session) => rescue(session, limit)),
    fold: async ({ limit }) => ({ folded: await fold(client, statements, { lock, limit }) }),
    counters: (scopes) => readCounters(alone, scopes, []),
    find: (filter, page) => findJobs(alone, filter, page),
    startRun: async (run, coordinator) => {
      checkRun(run);
      checkJobs([coordinator]);
      return joined(undefined, (session) => startRun(session, run, coordinator));
    },
    moveRun: (move) => moveRun(alone, move),
    findRuns: (filter, page) => findRuns(alone, filter, page),
    items: (filter, page) => findItems(alone, filter, page),
  };
}
