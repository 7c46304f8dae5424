/** PGlite's thread as a connection: values there, rows back. */
import { encodeValue } from "../encode-value.ts";
import type { Connection } from "../run-transaction.ts";
import type { SqlValue } from "../sql-client.ts";
import type { EngineThread } from "./engine-thread.ts";
import type { ThreadCall, ThreadResult } from "./thread-messages.ts";

/** The thread's one connection as statements and rows. */
export class ThreadConnection implements Connection {
  readonly #thread: EngineThread;
  readonly #limitMs: number | undefined;

  /** `limitMs` is the longest time for one statement; the thread's own where left out. */
  constructor(thread: EngineThread, limitMs?: number) {
    this.#thread = thread;
    this.#limitMs = limitMs;
  }

  async query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return rowsOf<Row>(await this.#send({ kind: "query", text, values: values.map(encodeValue) }));
  }

  async script(text: string, limitMs?: number): Promise<void> {
    await this.#send({ kind: "script", text }, [], limitMs);
  }

  async command(text: string): Promise<string> {
    return (await this.#send({ kind: "query", text, values: [] })).tag;
  }

  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    const owned = [...chunks].map(ownMemory);
    const memory = new Set(owned.map((chunk) => chunk.buffer));
    await this.#send({ kind: "copy", text, chunks: owned }, [...memory]);
  }

  #send(
    call: ThreadCall,
    transfer: readonly ArrayBuffer[] = [],
    limitMs = this.#limitMs,
  ): Promise<ThreadResult> {
    return this.#thread.send(call, { transfer, limitMs });
  }
}

function rowsOf<Row extends object>(result: ThreadResult): readonly Row[] {
  const { columns, rows } = result;
  return rows.map((row) => {
    const entries: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) entries[column] = row[index];
    // What columns there are is the statement's doing; its caller says so with Row.
    return entries as Row;
  });
}

/**
 * The chunk itself where moving its memory moves little else, else a copy of its own. Small ones are copied: they may be
 * pieces of memory that all of Node shares.
 */
function ownMemory(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = chunk;
  const isOwn =
    buffer instanceof ArrayBuffer && byteLength > Buffer.poolSize && byteLength * 2 >= buffer.byteLength;
  return isOwn ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(chunk);
}
