/** Waiting for jobs to finish: one poll for all who wait. */
import { refuseInside } from "../job/inside-transaction.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { isTerminal, type JobRow } from "../model/job.ts";
import { Loop, type OnError } from "../runtime/service.ts";
import type { Cancel, Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";

/** What a {@link Waiter} works with. */
export interface WaiterOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  /** Awaited before each look. */
  open(): Promise<unknown>;
}

interface Wait {
  readonly resolve: (row: JobRow) => void;
  readonly reject: (error: Error) => void;
}

const FIRST_POLL_MS = 10;
const MAX_POLL_MS = 1_000;
/** Ids asked for in one call. */
const MAX_IDS = 500;

/** Looks for the end of all awaited jobs, often at first, then ever less so; at once when a local worker settles one. */
export class Waiter {
  readonly #options: WaiterOptions;
  readonly #loop: Loop;
  readonly #waits = new Map<JobId, Set<Wait>>();
  #pollMs = FIRST_POLL_MS;
  #letGo: Cancel | undefined;
  #closed = false;

  constructor(options: WaiterOptions) {
    const { timing, onError } = options;
    this.#options = options;
    this.#loop = new Loop({ name: "result", timing, onError, pass: () => this.#pass() });
  }

  /**
   * The job's row once it has finished.
   * @throws MillraceError `deadline-exceeded` past `timeoutMs`, `not-found`, `store-closed`; `bad-usage` inside a
   * transaction of an embedded store.
   */
  async finished(id: JobId, timeoutMs: number): Promise<JobRow> {
    refuseInside();
    if (this.#closed) throw closedError();
    return new Promise((resolve, reject) => {
      const cancel = this.#timer(timeoutMs, () => end(() => reject(timedOut(id, timeoutMs))));
      const end = (tell: () => void) => {
        cancel();
        this.#remove(id, wait);
        tell();
      };
      const wait: Wait = {
        resolve: (row) => end(() => resolve(row)),
        reject: (error) => end(() => reject(error)),
      };
      this.#add(id, wait);
    });
  }

  /** These jobs have been settled here. */
  settled(ids: readonly JobId[]): void {
    if (this.#waits.size > 0 && ids.some((id) => this.#waits.has(id))) this.#loop.nudge();
  }

  /** Rejects whoever still waits. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const id of [...this.#waits.keys()]) this.#end(id, (wait) => wait.reject(closedError()));
    await this.#loop.stop();
  }

  #timer(timeoutMs: number, run: () => void): Cancel {
    return timeoutMs === Number.POSITIVE_INFINITY
      ? () => undefined
      : this.#options.timing.after(timeoutMs, run);
  }

  #add(id: JobId, wait: Wait): void {
    const waits = this.#waits.get(id) ?? new Set();
    waits.add(wait);
    this.#waits.set(id, waits);
    this.#letGo ??= this.#options.timing.hold();
    this.#pollMs = FIRST_POLL_MS;
    this.#loop.start();
    this.#loop.nudge();
  }

  #remove(id: JobId, wait: Wait): void {
    const waits = this.#waits.get(id);
    waits?.delete(wait);
    if (waits?.size === 0) this.#waits.delete(id);
    if (this.#waits.size > 0) return;
    this.#letGo?.();
    this.#letGo = undefined;
  }

  #end(id: JobId, tell: (wait: Wait) => void): void {
    for (const wait of [...(this.#waits.get(id) ?? [])]) tell(wait);
  }

  async #pass(): Promise<number> {
    if (this.#waits.size === 0) return Number.POSITIVE_INFINITY;
    const ids = [...this.#waits.keys()];
    await this.#options.open();
    for (let start = 0; start < ids.length; start += MAX_IDS)
      await this.#look(ids.slice(start, start + MAX_IDS));
    const pollMs = this.#pollMs;
    this.#pollMs = Math.min(pollMs * 2, MAX_POLL_MS);
    return pollMs;
  }

  async #look(ids: readonly JobId[]): Promise<void> {
    const { rows } = await this.#options.store.find({ ids }, { limit: ids.length });
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const id of ids) {
      const row = byId.get(id);
      if (row === undefined) this.#end(id, (wait) => wait.reject(notFound(id)));
      else if (isTerminal(row.state)) this.#end(id, (wait) => wait.resolve(row));
    }
  }
}

function timedOut(id: JobId, timeoutMs: number): MillraceError {
  return new MillraceError(
    "deadline-exceeded",
    `job ${id} has not finished within ${timeoutMs} ms; it goes on`,
    {
      details: { job: id },
    },
  );
}

function notFound(id: JobId): MillraceError {
  return new MillraceError("not-found", `there is no job ${id} (any more)`, { details: { job: id } });
}

function closedError(): MillraceError {
  return new MillraceError("store-closed", "the client was closed while a result was awaited");
}
