/** One run of PGlite's thread, seen from outside: calls in, answers out, and an end to calls that never answer. */
import { Worker } from "node:worker_threads";
import type { MillraceError } from "@millrace/core";
import { sqlError } from "../sql-failure.ts";
import { type CodeLoan, processLoan } from "./engine-code.ts";
import { deadlineExceeded, notOpened, storeFull, threadFailed } from "./engine-errors.ts";
import { threadEntry } from "./thread-entry.ts";
import type { ThreadCall, ThreadData, ThreadReply, ThreadRequest, ThreadResult } from "./thread-messages.ts";

/** How a thread is started and watched. */
export interface EngineOptions extends Omit<ThreadData, "code"> {
  /** Longest time for one statement in ms, once it is its turn. */
  readonly callTimeoutMs: number;
  /** Longest time for starting, in ms: making a database and recovering one take longer than a statement. */
  readonly openTimeoutMs: number;
  /** What the database is called in errors. */
  readonly where: string;
  /** Where it borrows code and leaves its own; the process's where left out. */
  readonly loan?: CodeLoan | undefined;
}

/** What a started thread says of its database. */
export interface EngineOpened {
  readonly version: string;
  readonly initdbMs?: number | undefined;
}

/** How one call differs from others. */
export interface SendOptions {
  /** Memory that moves to the thread. */
  readonly transfer?: readonly ArrayBuffer[] | undefined;
  /** Longest time for this call in ms instead of the usual. */
  readonly limitMs?: number | undefined;
}

interface Pending {
  readonly limitMs: number;
  readonly resolve: (result: ThreadResult) => void;
  readonly reject: (error: MillraceError) => void;
}

/** After the disk was found full, PostgreSQL gets so long for an orderly error before its thread is ended. */
const FULL_DISK_GRACE_MS = 500;

/**
 * A started thread. Answers come in the order of calls, so the oldest call is the running one and the only one timed;
 * past its time the thread is ended and every call in flight rejects. An ended thread stays ended.
 */
export class EngineThread {
  readonly #options: EngineOptions;
  readonly #loan: CodeLoan;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #opening: Promise<EngineOpened>;
  #settleOpening: { resolve(opened: EngineOpened): void; reject(error: MillraceError): void } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #progress = 0;
  #ids = 0;
  #isFull = false;
  #death: MillraceError | undefined;
  #ended: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#loan = options.loan ?? processLoan;
    const { directory, durability } = options;
    const workerData: ThreadData = { directory, durability, code: this.#loan.code };
    this.#worker = new Worker(threadEntry("pglite-thread", import.meta.url), {
      name: "millrace-pglite",
      workerData,
      execArgv: [],
    });
    this.#opening = new Promise((resolve, reject) => {
      this.#settleOpening = { resolve, reject };
    });
    this.#worker.on("message", (reply: ThreadReply) => this.#hear(reply));
    this.#worker.on("error", (error) => this.#die(threadFailed(options.where, error)));
    this.#worker.on("exit", () => this.#die(threadFailed(options.where)));
    this.#watch(options.openTimeoutMs);
  }

  /** Settles once the database answers, or cannot be opened. */
  get opened(): Promise<EngineOpened> {
    return this.#opening;
  }

  /** Whether calls can be sent. */
  get isAlive(): boolean {
    return this.#death === undefined;
  }

  /** Whether this thread ended because it found no space on the disk. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Sends one call; calls are answered in order. */
  send(call: ThreadCall, options: SendOptions = {}): Promise<ThreadResult> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const { transfer = [], limitMs = this.#options.callTimeoutMs } = options;
    const id = ++this.#ids;
    const request: ThreadRequest = { ...call, id };
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { limitMs, resolve, reject });
      if (this.#pending.size === 1) this.#watch(limitMs);
      this.#worker.postMessage(request, transfer);
    });
  }

  /** Closes the database in order (a checkpoint, so that the next start recovers nothing), then ends the thread. */
  async close(reason: MillraceError): Promise<void> {
    await this.send({ kind: "close" }).catch(() => {});
    this.#die(reason);
    await this.#ended;
  }

  /** Resolves when the thread is gone and its files are closed; only then may another be started. */
  async gone(): Promise<void> {
    await this.#ended;
  }

  #hear(reply: ThreadReply): void {
    const { where } = this.#options;
    if (reply.kind === "disk-full") {
      this.#isFull = true;
      this.#watch(FULL_DISK_GRACE_MS);
      return;
    }
    this.#progress += 1;
    if (reply.kind === "opened") {
      this.#loan.keep(reply.code);
      this.#settleOpening?.resolve(reply);
      this.#rest();
    } else if (reply.kind === "not-opened") {
      this.#die(this.#isFull ? storeFull(where) : notOpened(where, reply));
    } else {
      this.#settle(reply);
    }
  }

  #settle(reply: Extract<ThreadReply, { id: number }>): void {
    const call = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    this.#rest();
    if (reply.kind === "done") call?.resolve(reply.result);
    else if (reply.kind === "refused") call?.reject(sqlError(reply.failure, this.#options.where));
    else call?.reject(threadFailed(this.#options.where, reply.reason));
  }

  /** Times the next call, or lets the process end while there is none. */
  #rest(): void {
    // An answer that comes while the thread is being ended: the process has to wait for that end.
    if (this.#death !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isFull = false;
    const [next] = this.#pending.values();
    if (next === undefined) this.#worker.unref();
    else this.#watch(next.limitMs);
  }

  #watch(limitMs: number): void {
    clearTimeout(this.#timer);
    this.#worker.ref();
    const before = this.#progress;
    // The answer may be there already, unread because this process was busy: read first, then judge.
    const judge = (): NodeJS.Immediate => setImmediate(() => this.#judge(before, limitMs));
    this.#timer = setTimeout(judge, limitMs);
  }

  #judge(progressBefore: number, limitMs: number): void {
    if (this.#progress !== progressBefore || this.#death !== undefined) return;
    const { where } = this.#options;
    this.#die(this.#isFull ? storeFull(where) : deadlineExceeded(where, limitMs));
  }

  #die(reason: MillraceError): void {
    if (this.#death !== undefined) return;
    this.#death = reason;
    clearTimeout(this.#timer);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#ended = this.#worker.terminate().then(() => {
      this.#settleOpening?.reject(reason);
      for (const call of pending) call.reject(reason);
    });
  }
}
