/** A PostgreSQL server as a SQL client: a pool of connections, each call with a deadline. */
import { type Logger, MillraceError } from "@millrace/core";
import type { ClientConfig, Pool, PoolClient, PoolConfig } from "pg";
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
import { greeting } from "./greeting.ts";
import { OpenCalls } from "./open-calls.ts";
import { type OwnAddress, refusePooledAddress } from "./own-connection.ts";
import { type ConnectionSettings, PgConnection } from "./pg-connection.ts";
import { clientClosed, pgError, poolExhausted, tooOld } from "./pg-errors.ts";
import { PlanAges } from "./plan-ages.ts";
import { namesGivenUp, pooledNotice } from "./pooler.ts";
import { poolingOf } from "./pooling.ts";
import { addressOf } from "./server-address.ts";
import { isLostStatement, StatementNames } from "./statement-names.ts";

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
   * Whether the server keeps parsed statements between calls. Where left out, `open` finds out: not behind a pooler, where
   * each transaction may meet another server process. True is right where the pooler follows named statements itself
   * (PgBouncer 1.21 or newer with `max_prepared_statements` above 0), or where it pools whole sessions.
   */
  readonly preparedStatements?: boolean | undefined;
  /**
   * Longest time in ms that a connection keeps the plans of its prepared statements: made on an empty table, they read a
   * later backlog whole. Default 10 s.
   */
  readonly planAgeMs?: number | undefined;
  /**
   * Whether idle workers keep a connection of their own to hear of new jobs; else they poll. Where left out, `open` finds
   * out: not behind a pooler, unless there is a `directUrl`. True is right behind one that pools whole sessions.
   */
  readonly listen?: boolean | undefined;
  /**
   * The same server past its pooler, for the one connection on which an idle worker listens. `open` refuses an address that
   * leads to a pooler (`bad-config`).
   */
  readonly directUrl?: string | undefined;
  /** Told once, at `info`, what is left out behind a pooler. */
  readonly logger?: Pick<Logger, "info"> | undefined;
}

const POOL_SIZE = 10;
const ACQUIRE_TIMEOUT_MS = 5_000;
const CALL_TIMEOUT_MS = 30_000;
/** Planning all that a worker runs takes some 30 ms: a third of a percent of this. */
const PLAN_AGE_MS = 10_000;
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
  readonly #known = new WeakSet<PoolClient>();
  readonly #plans: PlanAges<PoolClient>;
  readonly #calls = new OpenCalls();
  #pool: Pool | undefined;
  #settings: ConnectionSettings | undefined;
  #closing: Promise<void> | undefined;
  /** Known once it is open. */
  #isPooled = false;

  constructor(options: PgClientOptions) {
    this.#options = options;
    this.#where = whereOf(options);
    if (options.directUrl !== undefined) addressOf(options.directUrl); // refuses here what idle workers would
    this.#plans = new PlanAges(options.planAgeMs ?? PLAN_AGE_MS);
    this.connections = options.pool?.options.max ?? options.poolSize ?? POOL_SIZE;
  }

  get listen(): SqlClient["listen"] {
    return this.#hears ? (channels, events) => this.#listen(channels, events) : undefined;
  }

  get #hears(): boolean {
    const { listen, directUrl } = this.#options;
    return listen ?? (directUrl !== undefined || !this.#isPooled);
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
    return this.#orUnnamed(() => this.#withConnection((connection) => connection.query<Row>(text, values)));
  }

  script(text: string, limitMs?: number): Promise<void> {
    return this.#withConnection((connection) => connection.script(text, limitMs));
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
    const { number, version, durability, isPooled } = await this.#withConnection(greeting);
    if (number < OLDEST_VERSION) throw tooOld(this.#where, version);
    this.#isPooled = isPooled;
    const { directUrl, listen } = this.#options;
    if (directUrl !== undefined && listen === undefined) await refusePooledAddress(this.#listenAddress());
    this.#nameStatements();
    return { kind: "postgres", version, durability };
  }

  /** From here on statements are kept by name where they are found again. */
  #nameStatements(): void {
    const { preparedStatements, logger } = this.#options;
    const isNaming = preparedStatements ?? !this.#isPooled;
    const names = new StatementNames(() => logger?.info(namesGivenUp(this.#where)));
    if (isNaming && this.#settings !== undefined) this.#settings = { ...this.#settings, names };
    const notice = this.#isPooled
      ? pooledNotice(this.#where, { isNaming, isHearing: this.#hears })
      : undefined;
    if (notice !== undefined) logger?.info(notice);
  }

  /** Once names are given up, a statement that was not where its name was left is run after all. */
  async #orUnnamed<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof MillraceError && isLostStatement(error)) return call();
      throw error;
    }
  }

  async #withConnection<T>(work: (connection: PgConnection) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw clientClosed(this.#where);
    if (this.#pool === undefined || this.#settings === undefined) {
      throw new MillraceError("bad-usage", `The store at ${this.#where} is not open yet.`);
    }
    const client = await this.#acquire(this.#pool);
    const connection = new PgConnection(client, this.#settings);
    const keepsPlans = this.#settings.names?.isGivenUp === false;
    try {
      return await this.#calls.run(async () => {
        if (keepsPlans && this.#plans.isDue(client)) await connection.command("discard plans");
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
    const connecting = this.#connect(pool);
    const tooLong = new Promise<never>((_, reject) => {
      const giveUp = (): void =>
        reject(poolExhausted(this.#where, { size: pool.options.max ?? POOL_SIZE, waitedMs }));
      timer = setTimeout(giveUp, waitedMs + ACQUIRE_GRACE_MS);
    });
    try {
      return await this.#calls.run(() => Promise.race([connecting, tooLong]));
    } catch (error) {
      connecting.then((late) => late.release(), ignore);
      throw isExhaustion(error)
        ? poolExhausted(this.#where, { size: pool.options.max, waitedMs })
        : pgError(error, this.#where);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * A connection in use that breaks says so to its statement; unheard, its event would end the process. Heard from the
   * pool's callback on: one that the server ends right behind its greeting breaks before a promise goes on.
   */
  #connect(pool: Pool): Promise<PoolClient> {
    return new Promise((resolve, reject) => {
      pool.connect((error, client) => {
        if (client === undefined) return reject(error);
        if (!this.#known.has(client)) client.on("error", ignore);
        this.#known.add(client);
        resolve(client);
      });
    });
  }

  /** On connections of its own: the pool's may be in use by others. */
  pooling(): Promise<Pooling> {
    return poolingOf({ where: this.#where, config: this.#ownConfig() });
  }

  #listen(channels: readonly string[], events: ChannelEvents): ChannelListener {
    return listenOn(channels, events, {
      ...this.#listenAddress(),
      trustsPooler: this.#options.listen === true,
    });
  }

  /** Where to listen: at a `directUrl`, else where the pool connects. */
  #listenAddress(): OwnAddress {
    const { directUrl } = this.#options;
    const config = this.#ownConfig();
    return directUrl === undefined
      ? { where: this.#where, config }
      : { where: addressOf(directUrl), config: { ...config, connectionString: directUrl } };
  }

  /** Of connections beside the pool. */
  #ownConfig(): ClientConfig {
    return { ...this.#options.pool?.options, ...this.#poolConfig() };
  }

  #poolConfig(): PoolConfig {
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
