/** A model server for the example: OpenAI's shape, made-up vectors, and limits and trouble when it is told to. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the next requests meet instead of an answer. */
export type Mood = "well" | "silent" | "broken";

/** One that runs, and what it has seen. */
export class ExampleServer {
  mood: Mood = "well";
  /** Texts with this in them are refused. */
  refuses = "(unreadable)";
  requests = 0;
  /** Requests whose client has hung up before an answer. */
  aborted = 0;
  inFlight = 0;
  /** Until then, in ms since the epoch, everybody is sent away with `Retry-After`. */
  #busyUntilMs = 0;
  /** Requests that came while they should not. */
  tooSoon = 0;
  readonly dimensions = 16;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`; // it listens on a port
  }

  /** The first request from now on is told to come again in so many seconds; those that do not wait are counted. */
  sendAway(seconds: number): void {
    this.#sendAway = seconds;
    this.tooSoon = 0;
  }
  #sendAway = 0;

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    this.inFlight += 1;
    response.once("close", () => {
      this.inFlight -= 1;
      if (!response.writableEnded) this.aborted += 1;
    });
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer); // a request without an encoding yields buffers
    const { input } = JSON.parse(Buffer.concat(parts).toString()) as { readonly input: readonly string[] }; // our client's
    if (this.mood === "silent") return;
    const status = this.#statusOf(input);
    const left = Math.ceil((this.#busyUntilMs - Date.now()) / 1_000);
    response.writeHead(status, status === 429 ? { "retry-after": String(Math.max(1, left)) } : {});
    const data = input.map((text, index) => ({ index, embedding: vectorOf(text, this.dimensions) }));
    response.end(JSON.stringify(status === 200 ? { data } : { error: { message: `status ${status}` } }));
  }

  #statusOf(input: readonly string[]): number {
    if (this.#sendAway > 0) {
      this.#busyUntilMs = Date.now() + this.#sendAway * 1_000;
      this.#sendAway = 0;
      return 429;
    }
    if (Date.now() < this.#busyUntilMs) {
      this.tooSoon += 1;
      return 429;
    }
    if (this.mood === "broken") return 401;
    return input.some((text) => text.includes(this.refuses)) ? 400 : 200;
  }
}

/** The same text always has the same vector. */
export function vectorOf(text: string, dimensions: number): readonly number[] {
  const bytes = createHash("sha512").update(text).digest();
  return Array.from({ length: dimensions }, (_, at) => (bytes[at] ?? 0) / 255 - 0.5);
}
