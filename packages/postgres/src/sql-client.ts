/** The one way this package talks to a database, whichever engine answers. */
import type { StoreInfo } from "@millrace/core";

/** Statements in order on one connection. Values are always bound; a row is an object by column name. */
export interface SqlSession {
  /**
   * Runs one statement and gives its rows. int8 and numeric come as strings, int2/int4/float as numbers, bool as
   * boolean, bytea as Uint8Array, uuid/text/json as strings, timestamptz never leaves SQL (statements give ms).
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
  /** Runs several statements without values or rows (migrations). */
  script(text: string): Promise<void>;
  /** Feeds one `COPY … FROM STDIN` with the whole stream; `text` is the statement. */
  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void>;
}

/** A database: autocommit statements, and transactions on a connection of their own. */
export interface SqlClient extends SqlSession {
  /** Connects; for an embedded one: locks, starts, recovers. @throws MillraceError `store-unreachable`, `store-locked`. */
  open(): Promise<StoreInfo>;
  /** Whether this process is the only possible user of the database. */
  readonly exclusive: boolean;
  /** `begin`, the work, `commit`; `rollback` where it rejects. */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /** Idempotent. Statements in flight end with `store-closed`. */
  close(): Promise<void>;
}
