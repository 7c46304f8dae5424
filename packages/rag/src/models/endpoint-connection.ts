/** The keep-alive connections to one endpoint: a request out, its whole answer back, within a deadline. */
import type { Agent, Dispatcher } from "undici";
import type { AnswerHeaders } from "./limit-headers.ts";

/** What came back: an answer of any status, or why there is none. */
export type Exchange =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: AnswerHeaders;
      readonly text: string;
      readonly ms: number;
    }
  | { readonly kind: "timeout"; readonly ms: number }
  | { readonly kind: "broken"; readonly cause: unknown; readonly ms: number }
  | { readonly kind: "too-long"; readonly ms: number };

/** One request. */
export interface Posting {
  readonly url: URL;
  readonly apiKey: string | undefined;
  readonly body: string;
  /** From here to the last byte of the answer. */
  readonly timeoutMs: number;
  /** An answer may have so many bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const KEEP_ALIVE_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Opened with the first request; closed once. */
export class EndpointConnection {
  readonly #connections: number;
  #agent: Promise<Agent> | undefined;

  /** @param connections most at once. */
  constructor(connections: number) {
    this.#connections = connections;
  }

  /** Sends and waits. Rejects with the signal's reason when aborted: the connection is cut, the server sees it. */
  async post(posting: Posting): Promise<Exchange> {
    const startedMs = performance.now();
    const stop = new AbortController();
    const onAbort = (): void => stop.abort();
    const timer = setTimeout(() => stop.abort("timeout"), posting.timeoutMs);
    posting.signal.addEventListener("abort", onAbort, { once: true });
    const took = (): number => performance.now() - startedMs;
    try {
      posting.signal.throwIfAborted();
      const { agent, request } = await this.#undici();
      const answer = await request(posting.url, {
        dispatcher: agent,
        method: "POST",
        headers: headersOf(posting.apiKey),
        body: posting.body,
        signal: stop.signal,
        headersTimeout: 0, // the deadline is over the whole
        bodyTimeout: 0,
      });
      const text = await textWithin(answer.body, posting.maxBytes);
      if (text === undefined) return { kind: "too-long", ms: took() };
      return { kind: "answer", status: answer.statusCode, headers: answer.headers, text, ms: took() };
    } catch (cause) {
      posting.signal.throwIfAborted();
      return stop.signal.aborted ? { kind: "timeout", ms: took() } : { kind: "broken", cause, ms: took() };
    } finally {
      clearTimeout(timer);
      posting.signal.removeEventListener("abort", onAbort);
    }
  }

  /** Cuts what is still under way and closes every connection. Idempotent. */
  async close(): Promise<void> {
    const agent = await this.#agent;
    await agent?.destroy();
  }

  /** The library is loaded with the first request: most commands never make one. */
  async #undici(): Promise<{ readonly agent: Agent; readonly request: typeof import("undici").request }> {
    const { Agent, request } = await import("undici");
    this.#agent ??= Promise.resolve(
      new Agent({
        connections: this.#connections,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connect: { timeout: CONNECT_TIMEOUT_MS },
      }),
    );
    return { agent: await this.#agent, request };
  }
}

function headersOf(apiKey: string | undefined): Record<string, string> {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return apiKey === undefined ? headers : { ...headers, authorization: `Bearer ${apiKey}` };
}

/** `undefined` past `maxBytes`; leaving the loop cuts the connection. */
async function textWithin(
  body: Dispatcher.ResponseData["body"],
  maxBytes: number,
): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    const chunk = part as Uint8Array; // a body without an encoding yields bytes
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString("utf8");
}
