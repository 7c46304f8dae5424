/** One transaction on one connection: begin, the work, commit or rollback, and the limits on both. */
import { MillraceError } from "@millrace/core";
import type { SqlSession } from "./sql-client.ts";

/** One connection that nobody else uses meanwhile. */
export interface Connection extends SqlSession {
  /** Runs a statement without values and gives its command tag (`COMMIT`, `ROLLBACK`). */
  command(text: string): Promise<string>;
}

/** How a transaction is bounded and what its store is called in errors. */
export interface TransactionLimits {
  /** Longest time without a statement in ms; past it the transaction is rolled back. */
  readonly idleMs: number;
  readonly where: string;
}

/** Runs `work` between `begin` and `commit`; rolls back where it rejects, idles too long or swallowed a failure. */
export async function runTransaction<T>(
  connection: Connection,
  work: (session: SqlSession) => Promise<T>,
  limits: TransactionLimits,
): Promise<T> {
  const session = new TransactionSession(connection, limits);
  try {
    const result = await Promise.race([session.begin().then(() => work(session)), session.expired]);
    await session.commit();
    return result;
  } catch (error) {
    await session.rollBack();
    throw error;
  }
}

/** The session handed to the work: open until the transaction ends, watched for idleness. */
class TransactionSession implements SqlSession {
  readonly #connection: Connection;
  readonly #limits: TransactionLimits;
  /** Rejects when the transaction was idle too long. */
  readonly expired: Promise<never>;
  #expire: (error: MillraceError) => void = () => {};
  #ended: (() => MillraceError) | undefined;
  #running = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(connection: Connection, limits: TransactionLimits) {
    this.#connection = connection;
    this.#limits = limits;
    this.expired = new Promise((_, reject) => {
      this.#expire = reject;
    });
    this.expired.catch(() => {});
  }

  async begin(): Promise<void> {
    await this.#watched(() => this.#connection.command("begin"));
  }

  async commit(): Promise<void> {
    const tag = await this.#watched(() => this.#connection.command("commit"));
    this.#end();
    if (tag !== "COMMIT") throw this.#rolledBack("a statement in it had failed");
  }

  /** Never rejects: a connection that cannot even roll back is gone, and its transaction with it. */
  async rollBack(): Promise<void> {
    this.#end();
    await this.#connection.command("rollback").catch(() => {});
  }

  query<Row extends object>(...call: Parameters<SqlSession["query"]>): Promise<readonly Row[]> {
    return this.#watched(() => this.#connection.query<Row>(...call));
  }

  script(text: string, limitMs?: number): Promise<void> {
    return this.#watched(() => this.#connection.script(text, limitMs));
  }

  copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    return this.#watched(() => this.#connection.copyIn(text, chunks));
  }

  async #watched<T>(call: () => Promise<T>): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended();
    clearTimeout(this.#idle);
    this.#running += 1;
    try {
      return await call();
    } finally {
      this.#running -= 1;
      if (this.#running === 0 && this.#ended === undefined) this.#watchIdleness();
    }
  }

  #watchIdleness(): void {
    this.#idle = setTimeout(() => {
      const expired = this.#rolledBack(
        `it ran no statement for ${this.#limits.idleMs} ms`,
        "deadline-exceeded",
      );
      this.#ended = () => expired;
      this.#expire(expired);
    }, this.#limits.idleMs);
    this.#idle.unref();
  }

  #end(): void {
    clearTimeout(this.#idle);
    // Made when needed: an error takes its stack, and hardly a session is used too late.
    this.#ended ??= () =>
      new MillraceError("bad-usage", "The transaction is over; its session cannot be used.");
  }

  #rolledBack(why: string, code: "deadline-exceeded" | "store-failed" = "store-failed"): MillraceError {
    return new MillraceError(code, `A transaction on ${this.#limits.where} was rolled back: ${why}.`);
  }
}
