/** What the SQL collections need of a database; the store's client gives it. */

/** What a statement may bind. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | null
  | undefined
  | readonly SqlValue[];

/** Statements in order on one connection; values bound, int8 as strings, bytea as Uint8Array. */
export interface Sql {
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<readonly Row[]>;
  /** Several statements without values; `limitMs` where they may take longer than other calls. */
  script(text: string, limitMs?: number): Promise<void>;
  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void>;
}

/** A database, and how a caller's transaction is seen as statements on it. */
export interface Database extends Sql {
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** The connection behind a store's transaction. */
  joined(transaction: import("@millrace/core").Transaction): Sql;
  /** Encodes rows for `COPY … with (format binary)`. */
  encode(columns: readonly CopyColumn[], rows: Iterable<readonly unknown[]>): Iterable<Uint8Array>;
}

/** Column types the binary encoder writes. */
export type CopyColumn = "uuid" | "text" | "int4" | "int8" | "vector" | "bytea" | "jsonb";
