/** PGlite, embedded PostgreSQL in a directory, as a SQL client: one lock, one thread, one connection. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { type Connection, runTransaction } from "../run-transaction.ts";
import type { SqlClient, SqlClientInfo, SqlSession, SqlValue } from "../sql-client.ts";
import { storeClosed, unusableDirectory } from "./engine-errors.ts";
import { EngineThread } from "./engine-thread.ts";
import { LockFile } from "./lock-file.ts";
import { ThreadConnection } from "./thread-connection.ts";
import type { Durability } from "./thread-messages.ts";
import { Turns } from "./turns.ts";
import { keepUp } from "./upkeep.ts";

/** Where an embedded database is and what it promises. */
export interface PgliteClientOptions {
  /** The store's directory, against the working directory; made where missing. */
  readonly directory: string;
  /** `disk` (default): a commit is on the disk before its answer. `process`: faster, a crash of the machine may lose it. */
  readonly durability?: Durability | undefined;
  /** Longest time in ms a statement waits for its turn, and runs. Default 30 s. */
  readonly callTimeoutMs?: number | undefined;
  /** Nothing on disk; for tests. */
  readonly inMemory?: boolean | undefined;
}

const CALL_TIMEOUT_MS = 30_000;
/** Starting may make a database or recover one. */
const OPEN_TIMEOUT_MS = 120_000;
const UPKEEP_INTERVAL_MS = 2_000;
/** A vacuum that takes long is no reason to end the thread. */
const UPKEEP_LIMIT_MS = 600_000;

/** A client of the database in `directory`. Nothing happens before `open`. */
export function createPgliteClient(options: PgliteClientOptions): SqlClient {
  return new PgliteClient(options);
}

class PgliteClient implements SqlClient {
  readonly exclusive = true;
  readonly connections = 1;
  readonly #directory: string | undefined;
  readonly #where: string;
  readonly #durability: Durability;
  readonly #callTimeoutMs: number;
  readonly #turns = new Turns();
  #lock: LockFile | undefined;
  #thread: EngineThread | undefined;
  #starting: Promise<EngineThread> | undefined;
  #state: "new" | "open" | "closed" = "new";
  #closing: Promise<void> | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #callsSinceUpkeep = 0;

  constructor(options: PgliteClientOptions) {
    this.#directory = options.inMemory === true ? undefined : resolve(options.directory);
    this.#where = this.#directory ?? "memory";
    this.#durability = options.durability ?? "disk";
    this.#callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
  }

  async open(): Promise<SqlClientInfo> {
    if (this.#state !== "new")
      throw new MillraceError("bad-usage", `The store at ${this.#where} was opened before.`);
    this.#state = "open";
    try {
      if (this.#directory !== undefined) this.#lock = lockDirectory(this.#directory);
      const thread = await this.#ready();
      const { version, initdbMs } = await thread.opened;
      this.#scheduleUpkeep();
      const { takenFrom } = this.#lock ?? {};
      return { kind: "pglite", version, durability: this.#promise(), initdbMs, takenFrom };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#shared((connection) => connection.query<Row>(text, values));
  }

  async script(text: string, limitMs?: number): Promise<void> {
    return this.#shared((connection) => connection.script(text, limitMs));
  }

  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    return this.#shared((connection) => connection.copyIn(text, chunks));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    const limits = { idleMs: this.#callTimeoutMs, where: this.#where };
    this.#callsSinceUpkeep += 1;
    return this.#turns.run("exclusive", this.#callTimeoutMs, async () =>
      runTransaction(new ThreadConnection(await this.#ready()), work, limits),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  #shared<T>(call: (connection: Connection) => Promise<T>): Promise<T> {
    this.#callsSinceUpkeep += 1;
    return this.#turns.run("shared", this.#callTimeoutMs, async () => {
      const alive = this.#thread?.isAlive === true ? this.#thread : await this.#ready();
      return call(new ThreadConnection(alive));
    });
  }

  /** The thread in use, or a new one where it ended; at most one at any time. */
  async #ready(): Promise<EngineThread> {
    if (this.#state !== "open") throw this.#notOpen();
    if (this.#thread?.isAlive === true) return this.#thread;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<EngineThread> {
    await this.#thread?.gone();
    if (this.#state !== "open") throw this.#notOpen();
    const thread = new EngineThread({
      directory: this.#directory,
      durability: this.#durability,
      where: this.#where,
      callTimeoutMs: this.#callTimeoutMs,
      openTimeoutMs: Math.max(OPEN_TIMEOUT_MS, this.#callTimeoutMs),
    });
    this.#thread = thread;
    await thread.opened;
    return thread;
  }

  #scheduleUpkeep(): void {
    if (this.#state !== "open") return;
    this.#upkeep = setTimeout(() => {
      void this.#keepUp().finally(() => this.#scheduleUpkeep());
    }, UPKEEP_INTERVAL_MS);
    this.#upkeep.unref();
  }

  /** Between other calls, and only where there were any. What fails here is tried again, or shows in the next call. */
  async #keepUp(): Promise<void> {
    if (this.#callsSinceUpkeep === 0 || this.#state !== "open") return;
    this.#callsSinceUpkeep = 0;
    const work = async (): Promise<void> =>
      keepUp(new ThreadConnection(await this.#ready(), UPKEEP_LIMIT_MS));
    await this.#turns.run("shared", UPKEEP_LIMIT_MS, work).catch(() => {});
  }

  async #end(): Promise<void> {
    this.#state = "closed";
    clearTimeout(this.#upkeep);
    await this.#starting?.catch(() => {});
    await this.#thread?.close(storeClosed(this.#where));
    this.#lock?.release();
  }

  #notOpen(): MillraceError {
    return this.#state === "closed"
      ? storeClosed(this.#where)
      : new MillraceError("bad-usage", `The store at ${this.#where} is not open yet.`);
  }

  #promise(): string {
    if (this.#directory === undefined) return "nothing survives the process (in memory)";
    return this.#durability === "disk"
      ? "a commit is on the disk before its answer: it survives the process and the machine"
      : "a commit survives the process; a crash of the machine may lose the last ones or damage the database";
  }
}

/** Makes a directory and those above it. Node's own `recursive` never returns where a parent exists but takes none. */
function makeDirectory(directory: string): void {
  const failure = tryMake(directory);
  if (failure?.code === "ENOENT") {
    makeDirectory(dirname(directory));
    throwUnlessThere(tryMake(directory));
  } else throwUnlessThere(failure);
}

function tryMake(directory: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException; // all that mkdir throws for a string path
  }
}

function throwUnlessThere(failure: NodeJS.ErrnoException | undefined): void {
  if (failure !== undefined && failure.code !== "EEXIST") throw failure;
}

/** Makes the directory where it is missing and takes its lock. */
function lockDirectory(directory: string): LockFile {
  try {
    makeDirectory(directory);
    return LockFile.take(directory);
  } catch (error) {
    throw error instanceof MillraceError ? error : unusableDirectory(directory, error);
  }
}
