/** A few child processes and the queue of requests before them. */
import { setMaxListeners } from "node:events";
import { MillraceError } from "@millrace/core";
import { ChildHandle, type ChildOptions, type RequestLimits } from "./child-handle.ts";
import type { ChildRequest, WindowResult } from "./protocol.ts";
import { WindowError } from "./window-error.ts";

/** Every so many requests the one that waited longest goes first, however short its document. */
const OLDEST_EVERY = 8;

/** How many children there are and when they are replaced. */
export interface PoolOptions extends ChildOptions {
  readonly size: number;
  /** Resident bytes past which an idle child is replaced. */
  readonly recycleRssBytes: number;
}

/** One request with what the queue has to know about it. */
export interface Work extends RequestLimits {
  readonly request: ChildRequest;
  /** The larger, the sooner; asked again at each choice. */
  urgency(): number;
}

interface Ticket {
  readonly work: Work;
  readonly onAbort: () => void;
  resolve(result: WindowResult): void;
  reject(error: unknown): void;
}

/** Runs requests in child processes, `size` at a time. A crash costs one request and one child. */
export class ExtractionPool {
  readonly #options: PoolOptions;
  readonly #children = new Set<ChildHandle>();
  readonly #idle: ChildHandle[] = [];
  #waiting: Ticket[] = [];
  #chosen = 0;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts all children; without it each starts when a request needs it. */
  start(): void {
    while (this.#children.size < this.#options.size) this.#idle.push(this.#spawn());
  }

  /**
   * The answer to one request.
   * @throws WindowError when the parser fails; the signal's reason when aborted; MillraceError once stopped.
   */
  run(work: Work): Promise<WindowResult> {
    if (this.#stopped) return Promise.reject(stoppedError());
    if (work.signal.aborted) return Promise.reject(work.signal.reason);
    return new Promise((resolve, reject) => {
      const ticket: Ticket = { work, resolve, reject, onAbort: () => this.#withdraw(ticket) };
      // One signal rightly has a listener for each window of its documents.
      setMaxListeners(0, work.signal);
      work.signal.addEventListener("abort", ticket.onAbort, { once: true });
      this.#waiting.push(ticket);
      this.#dispatch();
    });
  }

  /** Kills every child and fails what waits. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const ticket of waiting) this.#close(ticket).reject(stoppedError());
    await Promise.all([...this.#children].map((child) => child.kill()));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && !this.#stopped) {
      const child = this.#takeChild();
      if (child === undefined) return;
      void this.#serve(this.#close(this.#choose()), child);
    }
  }

  #takeChild(): ChildHandle | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.alive) return idle;
      this.#children.delete(idle);
    }
    return this.#children.size < this.#options.size ? this.#spawn() : undefined;
  }

  #spawn(): ChildHandle {
    const child = new ChildHandle(this.#options);
    this.#children.add(child);
    return child;
  }

  #choose(): Ticket {
    this.#chosen += 1;
    const index = this.#chosen % OLDEST_EVERY === 0 ? 0 : mostUrgent(this.#waiting);
    const [ticket] = this.#waiting.splice(index, 1);
    if (ticket === undefined) throw new Error("chose from an empty extraction queue");
    return ticket;
  }

  async #serve(ticket: Ticket, child: ChildHandle): Promise<void> {
    const { work } = ticket;
    try {
      ticket.resolve(await child.perform(work.request, work));
      this.#release(child);
    } catch (error) {
      this.#release(child);
      if (this.#stopped) ticket.reject(stoppedError());
      else if (error instanceof WindowError && !error.isolated) return this.#serve(ticket, this.#spawn());
      else ticket.reject(error);
    }
    this.#dispatch();
  }

  #release(child: ChildHandle): void {
    if (child.alive && child.rssBytes <= this.#options.recycleRssBytes) {
      this.#idle.push(child);
      return;
    }
    this.#children.delete(child);
    void child.kill();
  }

  #withdraw(ticket: Ticket): void {
    this.#waiting = this.#waiting.filter((other) => other !== ticket);
    ticket.reject(ticket.work.signal.reason);
  }

  /** From here on the child, not the queue, listens to the signal. */
  #close(ticket: Ticket): Ticket {
    ticket.work.signal.removeEventListener("abort", ticket.onAbort);
    return ticket;
  }
}

function mostUrgent(waiting: readonly Ticket[]): number {
  let best = 0;
  let urgency = Number.NEGATIVE_INFINITY;
  for (const [index, { work }] of waiting.entries()) {
    if (work.urgency() <= urgency) continue;
    best = index;
    urgency = work.urgency();
  }
  return best;
}

function stoppedError(): MillraceError {
  return new MillraceError("bad-usage", "the extractor was stopped while a document was being read");
}
