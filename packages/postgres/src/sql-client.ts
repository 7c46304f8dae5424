/** The one way this package talks to a database, whichever engine answers. */
import type { StoreInfo } from "@millrace/core";

/**
 * What a statement may bind: text, numbers (safe integers and floats), bigint, boolean, bytea as Uint8Array, null, and
 * arrays of these for array parameters (`$1::uuid[]`). `undefined` binds as null. Objects are refused: pass JSON text.
 */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | null
  | undefined
  | readonly SqlValue[];

/** Statements in order on one connection. Values are always bound; a row is an object by column name. */
export interface SqlSession {
  /**
   * Runs one statement and gives its rows. int2/int4/oid/float come as numbers, bool as boolean, bytea as Uint8Array;
   * every other type as PostgreSQL's own text: int8 and numeric, uuid, text, json (never parsed), arrays (`{1,2}`; make
   * them json in the statement). timestamptz never leaves SQL (statements give ms).
   * @throws MillraceError `store-failed` with `details.sqlState` where the database refused the statement,
   * `deadline-exceeded`, `store-full`, `store-unreachable`, `store-closed`.
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly SqlValue[],
  ): Promise<readonly Row[]>;
  /**
   * Runs several statements without values or rows (migrations). `limitMs` is the longest it may take; default: as every
   * call.
   */
  script(text: string, limitMs?: number): Promise<void>;
  /**
   * Feeds one `COPY … FROM STDIN` with the whole stream; `text` is the statement. The chunks belong to the client from
   * here on: an embedded database moves their memory to its thread, and holds all of one copy at once (send much as
   * several). Outside a transaction it is one: all rows or none.
   */
  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void>;
}

/** What an opened database says of itself. */
export interface SqlClientInfo extends StoreInfo {
  /** How long making a new database took, in ms; left out where it was there already. */
  readonly initdbMs?: number | undefined;
  /** The dead process whose lock on an embedded database was taken over; left out where there was none. */
  readonly takenFrom?: { readonly pid: number; readonly command: string } | undefined;
}

/** What was sent to a channel. */
interface ChannelMessage {
  readonly channel: string;
  readonly payload: string;
}

/** What is heard on channels. */
export interface ChannelEvents {
  /** Somebody notified a channel, or (without a message) they are heard again after a gap. */
  onSignal(message?: ChannelMessage): void;
  /** The connection failed; it is made anew. */
  onError(error: unknown): void;
}

/** A connection that listens until it is stopped. */
export interface ChannelListener {
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * What stands between a client and its server: nothing, or something that gives out server connections for as long as a
 * client's lasts, or for a transaction at a time.
 */
export type Pooling = "none" | "session" | "transaction";

/** A database: autocommit statements, and transactions on a connection of their own. */
export interface SqlClient extends SqlSession {
  /** Connects; for an embedded one: locks, starts, recovers. @throws MillraceError `store-unreachable`, `store-locked`. */
  open(): Promise<SqlClientInfo>;
  /** Whether this process is the only possible user of the database. */
  readonly exclusive: boolean;
  /** How many it uses at most; 1 where embedded. */
  readonly connections: number;
  /**
   * `begin`, the work, `commit`; `rollback` where it rejects. A transaction in which a statement failed never commits,
   * even when the work swallowed the error. One that is idle longer than the call timeout is rolled back.
   */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /**
   * Listens on one connection of its own, beside those counted; left out where nobody could notify, or be heard. To be
   * asked for once the client is open, which may tell.
   */
  readonly listen?: ((channels: readonly string[], events: ChannelEvents) => ChannelListener) | undefined;
  /** Finds out what pools its connections, on two of its own; left out where nothing could. */
  readonly pooling?: (() => Promise<Pooling>) | undefined;
  /** Idempotent. Statements in flight end with their result or with `store-closed`. */
  close(): Promise<void>;
}
