/** What the fake model server saw of the wire: connections, requests, answers, and clients that went away. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Question } from "./wire-answer.ts";

/** One request, as it came in. */
export interface RequestSeen {
  readonly path: string;
  /** `undefined` for what is no embedding request. */
  readonly question: Question | undefined;
  readonly authorization: string | undefined;
}

/** Requests that are kept; of more only the counts. */
const KEPT_REQUESTS = 1_000;

/** Counters, and a way to wait for them. */
export class ServerRecord {
  /** Connections ever made. */
  connections = 0;
  /** Connections that are open. */
  openConnections = 0;
  mostOpenConnections = 0;
  /** Requests ever begun. */
  requestCount = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** Requests whose client closed the connection before its answer had ended. */
  aborts = 0;
  /** Texts in answers without a fault. */
  textsAnswered = 0;
  /** The last thousand. */
  readonly requests: RequestSeen[] = [];
  readonly #waiters = new Set<() => void>();
  readonly #dropped = new WeakSet<ServerResponse>();

  /** Resolves once the condition holds; it is looked at after each change. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }

  /** Forgets what was counted, but not what is open. */
  clear(): void {
    this.connections = this.openConnections;
    this.mostOpenConnections = this.openConnections;
    this.mostInFlight = this.inFlight;
    this.requestCount = 0;
    this.aborts = 0;
    this.textsAnswered = 0;
    this.requests.length = 0;
  }

  protected connected(socket: Socket): void {
    this.connections += 1;
    this.openConnections += 1;
    this.mostOpenConnections = Math.max(this.mostOpenConnections, this.openConnections);
    socket.once("close", () => {
      this.openConnections -= 1;
      this.#changed();
    });
    this.#changed();
  }

  protected began(response: ServerResponse): { readonly asked: (seen: RequestSeen) => void } {
    this.requestCount += 1;
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.once("close", () => {
      this.inFlight -= 1;
      if (!response.writableFinished && !this.#dropped.has(response)) this.aborts += 1;
      this.#changed();
    });
    this.#changed();
    return {
      asked: (seen) => {
        this.requests.push(seen);
        if (this.requests.length > KEPT_REQUESTS) this.requests.shift();
        this.#changed();
      },
    };
  }

  /** Closes the connection in the middle: the server's doing, no abort. */
  protected drop(response: ServerResponse): void {
    this.#dropped.add(response);
    response.socket?.destroy();
  }

  protected answered(texts: readonly string[]): void {
    this.textsAnswered += texts.length;
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
