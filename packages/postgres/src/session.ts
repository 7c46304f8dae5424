/** One store's way to its database: statements by name, alone or in a transaction, tried again after a deadlock. */
import { MillraceError, type Transaction } from "@millrace/core";
import type { SqlClient, SqlSession, SqlValue } from "./sql-client.ts";
import type { StatementName, Statements } from "./statements.ts";

/** What the verbs run on: a connection that knows this store's statements. */
export interface Session {
  run<Row extends object>(name: StatementName, values: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** Binds a connection to a store's statements. */
export function sessionOn(sql: SqlSession, statements: Statements): Session {
  return { run: (name, values) => sql.query(statements(name), values) };
}

/** The transaction a caller handed back to the store that made it. */
export function sqlOf(transaction: Transaction): SqlSession {
  return transaction as unknown as SqlSession; // only asTransaction makes one
}

/** Hands a transaction out as the opaque value the port speaks of. */
export function asTransaction(sql: SqlSession): Transaction {
  return sql as unknown as Transaction; // opaque outside this package
}

const RETRIED = new Set(["40P01", "40001"]);
const MOST_TRIES = 5;

/** Runs work in a transaction of its own; the database's choice of a deadlock's victim is simply run again. */
export async function inTransaction<T>(client: SqlClient, work: (sql: SqlSession) => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await client.transaction(work);
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
