/** A PostgreSQL server as a SQL client: a pool of connections, each call with a deadline. */
import { MillraceError } from "@millrace/core";
import type { Pool, PoolClient } from "pg";
import { runTransaction } from "../run-transaction.ts";
import type {
  ChannelEvents,
  ChannelListener,
  Pooling,
  SqlClient,
  SqlClientInfo,
  SqlSession,
  SqlValue,
} from "../sql-client.ts";
import { listenOn } from "./channel.ts";
import { OpenCalls } from "./open-calls.ts";
import { type ConnectionSettings, PgConnection } from "./pg-connection.ts";
import { clientClosed, pgError, poolExhausted, tooOld } from "./pg-errors.ts";
import { PlanAges } from "./plan-ages.ts";
import { poolingOf } from "./pooling.ts";
import { addressOf } from "./server-address.ts";
import { StatementNames } from "./statement-names.ts";

/** Which server, and how long to wait for it. */
export interface PgClientOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url?: string | undefined;
  /** A pool of the caller's own instead of `url`; it is not ended by `close`. */
  readonly pool?: Pool | undefined;
  /** Most connections at once. Default 10. */
  readonly poolSize?: number | undefined;
  /** Longest wait in ms for a connection. Default 5 s. */
  readonly acquireTimeoutMs?: number | undefined;
  /** Longest time in ms for one statement. Default 30 s. */
  readonly callTimeoutMs?: number | undefined;
  /**
   * Whether the server keeps parsed statements between calls (default true). Behind PgBouncer in transaction mode each
   * transaction may meet another server process: fine where PgBouncer follows named statements itself (1.21 or newer
   * with `max_prepared_statements` above 0), else set this to false.
   */
  readonly preparedStatements?: boolean | undefined;
  /**
   * Longest time in ms that a connection keeps the plans of its prepared statements: made on an empty table, they read a
   * later backlog whole. Default 10 s.
   */
  readonly planAgeMs?: number | undefined;
  /**
   * Whether idle workers keep a connection of their own to hear of new jobs (default true). Set it to false where a
   * connection does not stay with one server process, as behind PgBouncer in transaction mode: workers then poll.
   */
  readonly listen?: boolean | undefined;
}

const POOL_SIZE = 10;
const ACQUIRE_TIMEOUT_MS = 5_000;
const CALL_TIMEOUT_MS = 30_000;
/** Planning all that a worker runs takes some 30 ms: a third of a percent of this. */
const PLAN_AGE_MS = 10_000;
/** Longest wait for an answer while looking for a pooler: one whose pool is in use keeps it waiting. */
const POOLING_MS = 2_000;
const OLDEST_VERSION = 150_000;
/** The pool's own limit on connecting comes first: its error says more. */
const ACQUIRE_GRACE_MS = 200;

/** A client of the server at `url`. Nothing happens before `open`. */
export function createPgClient(options: PgClientOptions): SqlClient {
  return new PgClient(options);
}

class PgClient implements SqlClient {
  readonly exclusive = false;
  readonly connections: number;
  readonly #options: PgClientOptions;
  readonly #where: string;
  readonly listen: SqlClient["listen"];
  readonly #known = new WeakSet<PoolClient>();
  readonly #plans: PlanAges<PoolClient>;
  readonly #calls = new OpenCalls();
  #pool: Pool | undefined;
  #settings: ConnectionSettings | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PgClientOptions) {
    this.#options = options;
    this.#where = whereOf(options);
    const keepsPlans = options.preparedStatements !== false;
    this.#plans = new PlanAges(keepsPlans ? (options.planAgeMs ?? PLAN_AGE_MS) : Number.POSITIVE_INFINITY);
    this.connections = options.pool?.options.max ?? options.poolSize ?? POOL_SIZE;
    this.listen = options.listen === false ? undefined : (channels, events) => this.#listen(channels, events);
  }

  async open(): Promise<SqlClientInfo> {
    if (this.#pool !== undefined)
      throw new MillraceError("bad-usage", `The store at ${this.#where} was opened before.`);
    const [{ default: pg }, { from: copyFrom }] = await Promise.all([
      import("pg"),
      import("pg-copy-streams"),
    ]);
    this.#pool = this.#options.pool ?? new pg.Pool(this.#poolConfig());
    this.#settings = {
      where: this.#where,
      callTimeoutMs: this.#options.callTimeoutMs ?? CALL_TIMEOUT_MS,
      names: this.#options.preparedStatements === false ? undefined : new StatementNames(),
      copyFrom,
    };
    // A server that goes away closes idle connections; the pool drops them and connects anew when next asked.
    this.#pool.on("error", ignore);
    try {
      return await this.#greet();
    } catch (error) {
      await this.#leavePool();
      throw error;
    }
  }

  query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#withConnection((connection) => connection.query<Row>(text, values));
  }

  script(text: string): Promise<void> {
    return this.#withConnection((connection) => connection.script(text));
  }

  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    return this.#withConnection((connection) => connection.copyIn(text, chunks));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    const limits = { idleMs: this.#options.callTimeoutMs ?? CALL_TIMEOUT_MS, where: this.#where };
    return this.#withConnection((connection) => runTransaction(connection, work, limits));
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #greet(): Promise<SqlClientInfo> {
    const [row] = await this.query<{ number: number; version: string; fsync: string; commit: string }>(
      `select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
              current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`,
    );
    const { number = 0, version = "unknown", fsync = "?", commit = "?" } = row ?? {};
    if (number < OLDEST_VERSION) throw tooOld(this.#where, version);
    return {
      kind: "postgres",
      version,
      durability: `as the server is set: fsync ${fsync}, synchronous_commit ${commit}`,
    };
  }

  async #withConnection<T>(work: (connection: PgConnection) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw clientClosed(this.#where);
    if (this.#pool === undefined || this.#settings === undefined) {
      throw new MillraceError("bad-usage", `The store at ${this.#where} is not open yet.`);
    }
    const client = await this.#acquire(this.#pool);
    const connection = new PgConnection(client, this.#settings);
    try {
      return await this.#calls.run(async () => {
        if (this.#plans.isDue(client)) await connection.command("discard plans");
        return work(connection);
      });
    } catch (error) {
      if (this.#closing !== undefined) connection.abandon();
      throw error;
    } finally {
      client.release(connection.isBroken);
    }
  }

  async #acquire(pool: Pool): Promise<PoolClient> {
    const waitedMs = this.#options.acquireTimeoutMs ?? ACQUIRE_TIMEOUT_MS;
    let timer: NodeJS.Timeout | undefined;
    const connecting = pool.connect();
    const tooLong = new Promise<never>((_, reject) => {
      const giveUp = (): void =>
        reject(poolExhausted(this.#where, { size: pool.options.max ?? POOL_SIZE, waitedMs }));
      timer = setTimeout(giveUp, waitedMs + ACQUIRE_GRACE_MS);
    });
    try {
      return this.#guarded(await this.#calls.run(() => Promise.race([connecting, tooLong])));
    } catch (error) {
      connecting.then((late) => late.release(), ignore);
      throw isExhaustion(error)
        ? poolExhausted(this.#where, { size: pool.options.max, waitedMs })
        : pgError(error, this.#where);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection in use that breaks says so to its statement; unheard, its event would end the process. */
  #guarded(client: PoolClient): PoolClient {
    if (!this.#known.has(client)) client.on("error", ignore);
    this.#known.add(client);
    return client;
  }

  /** On connections of its own: the pool's may be in use by others. */
  async pooling(): Promise<Pooling> {
    const { default: pg } = await import("pg");
    const config = { ...this.#options.pool?.options, ...this.#poolConfig(), query_timeout: POOLING_MS };
    try {
      return await poolingOf(async () => new pg.Client(config));
    } catch (error) {
      throw pgError(error, this.#where);
    }
  }

  #listen(channels: readonly string[], events: ChannelEvents): ChannelListener {
    const connect = async () => {
      const { default: pg } = await import("pg");
      return new pg.Client({ ...this.#options.pool?.options, ...this.#poolConfig(), keepAlive: true });
    };
    return listenOn(channels, events, { where: this.#where, connect });
  }

  #poolConfig(): object {
    const { url, poolSize, acquireTimeoutMs } = this.#options;
    return {
      ...(url === undefined ? {} : { connectionString: url }),
      max: poolSize ?? POOL_SIZE,
      connectionTimeoutMillis: acquireTimeoutMs ?? ACQUIRE_TIMEOUT_MS,
      application_name: "millrace",
      allowExitOnIdle: true,
    };
  }

  async #end(): Promise<void> {
    this.#calls.endAll(clientClosed(this.#where));
    await this.#leavePool();
  }

  /** After an `open` that failed, too: the server may be there at the next try. */
  async #leavePool(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    if (this.#options.pool === undefined) await pool?.end();
    else pool?.off("error", ignore);
  }
}

function whereOf(options: PgClientOptions): string {
  if (options.url !== undefined) return addressOf(options.url);
  const { host, port, database, connectionString } = options.pool?.options ?? {};
  if (connectionString !== undefined) return addressOf(connectionString);
  return `${host ?? "localhost"}:${port ?? 5432}/${database ?? ""}`;
}

/** The pool's own words for it; it gives no code. */
function isExhaustion(error: unknown): boolean {
  return error instanceof Error && error.message === "timeout exceeded when trying to connect";
}

function ignore(): void {}
