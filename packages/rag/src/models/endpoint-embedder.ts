/** An embedder over an HTTP endpoint: OpenAI-compatible services, TEI, Ollama. */
import { setMaxListeners } from "node:events";
import { type ClassedError, MillraceError, type Random, systemTiming, type Timing } from "@millrace/core";
import { memoryHolds } from "../adapters/memory-holds.ts";
import type { Embedder, EmbedOptions } from "../ports/embedder.ts";
import type { Holds } from "../ports/holds.ts";
import { type EmbedResult, heldBackError, modelError } from "./embed-result.ts";
import { type EndpointOptions, type EndpointSettings, endpointSettings } from "./endpoint-options.ts";
import { EndpointRequests } from "./endpoint-requests.ts";
import type { ItemEmbedder } from "./item-embedder.ts";
import { planRequests } from "./request-plan.ts";

/** What an endpoint needs from around it; each has a default. */
export interface EndpointPorts {
  /** How all processes keep from calling it together; only this process where left out. */
  readonly holds?: Holds | undefined;
  readonly timing?: Timing | undefined;
  /** For jitter. */
  readonly random?: Random | undefined;
}

/**
 * The model `name` behind an endpoint. Safe to call concurrently: requests in flight are bounded for all calls together.
 * Close it with the program.
 */
export class EndpointEmbedder implements Embedder, ItemEmbedder {
  readonly model: string;
  readonly #settings: EndpointSettings;
  readonly #requests: EndpointRequests;
  readonly #timing: Timing;
  #isClosed = false;

  /** Makes no connection yet. @throws MillraceError `bad-config`. */
  constructor(name: string, options: EndpointOptions, ports: EndpointPorts = {}) {
    const { holds, timing = systemTiming, random = Math.random } = ports;
    this.model = name;
    this.#timing = timing;
    this.#settings = endpointSettings(name, options);
    this.#requests = new EndpointRequests({
      model: name,
      settings: this.#settings,
      holds: holds ?? memoryHolds(timing),
      timing,
      random,
    });
  }

  get dimensions(): number {
    return this.#settings.dimensions;
  }

  /** A call splits what it gets itself: so many keep all its connections busy. */
  get maxInputs(): number {
    return this.#settings.maxInputs * this.#settings.concurrency;
  }

  get maxTokensPerInput(): number {
    return this.#settings.maxTokensPerInput;
  }

  /** The collection for its vectors where one is asked for without a name. */
  get collection(): string {
    return this.#settings.collection;
  }

  get inputsPerRequest(): number {
    return this.#settings.maxInputs;
  }

  get concurrency(): number {
    return this.#settings.concurrency;
  }

  /** Key of the fleet's hold on it. */
  get holdKey(): string {
    return `model:${this.model}`;
  }

  /**
   * One vector per text, or nothing at all.
   * @throws ClassedError of the first text that failed; PutOffError where the endpoint is being left alone;
   * the signal's reason when aborted; MillraceError `bad-usage` once closed.
   */
  async embed(texts: readonly string[], options: EmbedOptions): Promise<readonly Float32Array[]> {
    const results = await this.embedEach(texts, options);
    for (const result of results) if (result.kind === "failed") throw result.error;
    return results.map((result) => {
      if (result.kind === "vector") return result.vector;
      throw result.kind === "failed" ? result.error : heldBackError(result);
    });
  }

  /**
   * One result per text, in the order of `texts` (any number of them). Texts go out in requests within the limits; those
   * above `maxTokensPerInput` fail as `too-large`, unsent. A refused request is halved until the refused texts are alone.
   * @throws the signal's reason when aborted, the requests under way cut on the wire; MillraceError `bad-usage` once closed.
   */
  async embedEach(texts: readonly string[], { signal }: EmbedOptions): Promise<readonly EmbedResult[]> {
    if (this.#isClosed) {
      throw new MillraceError(
        "bad-usage",
        `model ${this.model} is closed: nothing can be embedded with it any more`,
      );
    }
    signal.throwIfAborted();
    const letGo = this.#timing.hold(); // a program that does nothing else must live through waits between tries
    const stop = new AbortController();
    setMaxListeners(0, stop.signal); // each of many requests listens
    const onAbort = (): void => stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#each(texts, stop.signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
      letGo();
    }
  }

  /** Cuts what is under way and closes its connections. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#requests.close();
  }

  async #each(texts: readonly string[], signal: AbortSignal): Promise<readonly EmbedResult[]> {
    const { tooLarge, requests } = planRequests(texts, this.#settings);
    const found = await Promise.allSettled(
      requests.map((positions) =>
        this.#requests.results(
          positions.map((at) => texts[at] ?? ""),
          signal,
        ),
      ),
    );
    const results = new Array<EmbedResult>(texts.length);
    for (const at of tooLarge) results[at] = { kind: "failed", error: this.#tooLarge() };
    for (const [request, positions] of requests.entries()) place(results, positions, found[request]);
    return results;
  }

  #tooLarge(): ClassedError {
    const { maxTokensPerInput, maxTokensPerRequest } = this.#settings;
    const limit = Math.min(maxTokensPerInput, maxTokensPerRequest);
    const message = `a text has more than the ${limit} tokens that model ${this.model} takes; split it into passages`;
    return modelError("validation", "too-large", { message });
  }
}

/** All requests have ended: none goes on behind the caller's back. */
function place(
  results: EmbedResult[],
  positions: readonly number[],
  found: PromiseSettledResult<readonly EmbedResult[]> | undefined,
): void {
  if (found?.status !== "fulfilled") throw found?.reason;
  for (const [order, at] of positions.entries()) {
    const result = found.value[order];
    if (result !== undefined) results[at] = result;
  }
}
