/** One connection to a PostgreSQL server while somebody has it: statements in order, each with a deadline. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClientBase, CustomTypesConfig, QueryArrayResult } from "pg";
import { decoderOf } from "../decode-value.ts";
import { encodeValue } from "../encode-value.ts";
import type { Connection } from "../run-transaction.ts";
import type { SqlValue } from "../sql-client.ts";
import { cancelStatement, greeterOf } from "./backend-key.ts";
import { connectionError, pgError, statementTooLong } from "./pg-errors.ts";
import { isLostStatement, type StatementNames } from "./statement-names.ts";

/** What all connections of a client share. */
export interface ConnectionSettings {
  readonly where: string;
  readonly callTimeoutMs: number;
  /** Names for prepared statements; left out where the server keeps none. */
  readonly names?: StatementNames | undefined;
  readonly copyFrom: typeof import("pg-copy-streams").from;
}

/** Every type as PostgreSQL's text, then decoded as for PGlite. */
const TYPES = { getTypeParser: (typeId: number) => decoderOf(typeId) } as unknown as CustomTypesConfig;

/** A connection as statements and rows. After a failure of the connection itself it must not be used again. */
export class PgConnection implements Connection {
  readonly #client: ClientBase;
  readonly #settings: ConnectionSettings;
  #isBroken = false;

  constructor(client: ClientBase, settings: ConnectionSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** Whether the pool must not hand this connection out again. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The process that greeted it; behind a pooler none that runs its statements. */
  get greeter(): number | undefined {
    return greeterOf(this.#client);
  }

  /** Gives the connection up at once and asks the server to stop what it runs on it. */
  abandon(): void {
    this.#isBroken = true;
    cancelStatement(this.#client);
  }

  async query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const name = this.#settings.names?.of(text);
    const encoded = values.map(encodeValue);
    const config = { text, values: encoded, types: TYPES, ...(name === undefined ? {} : { name }) };
    const result = await this.#within(() => this.#client.query<Row>(config));
    return result.rows;
  }

  async script(text: string, limitMs?: number): Promise<void> {
    await this.#within(() => this.#client.query(text), limitMs);
  }

  async command(text: string): Promise<string> {
    const result = await this.#within(() => this.#client.query<QueryArrayResult>(text));
    return result.command;
  }

  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    const copy = this.#settings.copyFrom(text);
    await this.#within(() => pipeline(Readable.from(chunks, { objectMode: true }), this.#client.query(copy)));
  }

  async #within<T>(call: () => Promise<T>, limitMs = this.#settings.callTimeoutMs): Promise<T> {
    const { where } = this.#settings;
    if (this.#isBroken) throw pgError(new Error("its connection was lost"), where);
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.abandon();
        reject(statementTooLong(where, limitMs));
      }, limitMs);
    });
    try {
      return await Promise.race([call(), tooLong]);
    } catch (error) {
      throw this.#judge(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Decides what the failure means for the connection. */
  #judge(error: unknown): Error {
    const failure = connectionError(error, this.#settings.where);
    const isRefusal = failure.code === "store-failed" || failure.code === "store-full";
    const isLost = isLostStatement(failure);
    if (isLost) this.#settings.names?.giveUp();
    if (!isRefusal || isLost || failure.details["sqlState"] === CHANGED_RESULT) this.#isBroken = true;
    return failure;
  }
}

/** A prepared statement whose result types changed: the next connection parses it anew. */
const CHANGED_RESULT = "0A000";
