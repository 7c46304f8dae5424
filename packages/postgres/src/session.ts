/** One store's way to its database: statements by name, alone or in a transaction, tried again where they were undone. */
import { type AnyTransaction, MillraceError, type Transaction } from "@millrace/core";
import { joinTransaction } from "./foreign/join-transaction.ts";
import type { SqlClient, SqlSession, SqlValue } from "./sql-client.ts";
import type { StatementName, Statements } from "./statements.ts";

/** What the verbs run on: a connection that knows this store's statements. */
export interface Session {
  run<Row extends object>(name: StatementName, values: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** Binds a connection to a store's statements. */
export function sessionOn(sql: Pick<SqlSession, "query">, statements: Statements): Session {
  return { run: (name, values) => sql.query(statements(name), values) };
}

const own = new WeakMap<object, SqlSession>();

/** The transaction a caller handed back to the store that made it. @throws MillraceError `bad-usage` for any other. */
export function sqlOf(transaction: Transaction): SqlSession {
  const sql = own.get(transaction);
  if (sql !== undefined) return sql;
  throw new MillraceError(
    "bad-usage",
    "only a transaction that a store of this program opened can be used here",
  );
}

/** Hands a transaction out as the value the port speaks of. */
export function asTransaction(sql: SqlSession): Transaction {
  const transaction = sql as unknown as Transaction; // it has `query`; the brand exists in types only
  own.set(transaction, sql);
  return transaction;
}

/**
 * What runs statements in a transaction of a caller's: the store's own, or one of the caller's library.
 * @throws MillraceError `bad-usage` for what is neither, or for the latter on a database that only this process opens.
 */
export async function joinedSql(
  transaction: AnyTransaction,
  client: Pick<SqlClient, "exclusive">,
): Promise<Pick<SqlSession, "query">> {
  const sql = typeof transaction === "object" && transaction !== null ? own.get(transaction) : undefined;
  if (sql !== undefined) return sql;
  if (!client.exclusive) return joinTransaction(transaction);
  throw new MillraceError(
    "bad-usage",
    "an embedded store joins only transactions of its own: those of mr.transaction and ctx.transaction",
  );
}

/** A deadlock's victim, a transaction that could not be put in line, a statement that a pooler's server did not know by name. */
const RETRIED = new Set(["40P01", "40001", "26000", "42P05"]);
const MOST_TRIES = 5;

/** Runs work in a transaction of its own; the database's choice of a deadlock's victim is simply run again. */
export function inTransaction<T>(client: SqlClient, work: (sql: SqlSession) => Promise<T>): Promise<T> {
  return unlessDeadlocked(() => client.transaction(work));
}

/** Runs what commits by itself, again where the database undid it for no fault of its own. */
export async function unlessDeadlocked<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === MOST_TRIES || !RETRIED.has(sqlStateOf(error))) throw error;
    }
  }
}

/** The SQLSTATE with which the database refused a statement; empty for any other error. */
export function sqlStateOf(error: unknown): string {
  const state = error instanceof MillraceError ? error.details["sqlState"] : undefined;
  return typeof state === "string" ? state : "";
}
