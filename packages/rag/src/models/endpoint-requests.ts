/** Gets the results of one planned request: within limits, tried again where that helps, halved where a text is refused. */
import { type ClassedError, type Random, sleep, type Timing } from "@millrace/core";
import type { Holds } from "../ports/holds.ts";
import { type EmbedResult, type HeldBack, modelError } from "./embed-result.ts";
import { EndpointConnection, type Exchange } from "./endpoint-connection.ts";
import type { EndpointSettings } from "./endpoint-options.ts";
import { Gate, LONGEST_WAIT_MS } from "./gate.ts";
import { RequestSlots, type Slot } from "./request-slots.ts";
import { callEndOf, isOverload, type Verdict, verdictOf, windowUsedUpMs } from "./verdict.ts";
import { type WireShape, wireShape } from "./wire-shape.ts";

/** What an endpoint is made of. */
export interface EndpointParts {
  readonly model: string;
  readonly settings: EndpointSettings;
  readonly holds: Holds;
  readonly timing: Timing;
  readonly random: Random;
}

/** What became of one try; `limited`: the fleet's hold is in place. */
type Tried =
  | Exclude<Verdict, { readonly kind: "limited" }>
  | { readonly kind: "limited"; readonly held: HeldBack }
  | HeldBack;
/** Nothing left to try. */
type Final = Exclude<Tried, { readonly kind: "again" | "limited" }>;

/** What a search for bad texts has found out so far. */
interface Hunt {
  /** Whether the endpoint takes anything at all. */
  isProven: boolean;
  /** The error of everything, where it does not. */
  blame?: ClassedError | undefined;
}

const MAX_TRIES = 3;
const FIRST_PAUSE_MS = 100;
const FIRST_HOLD_MS = 1_000;
const MOST_HOLD_MS = 60_000;
/** Characters a component takes at most as JSON, with much to spare; and what surrounds it all. */
const BYTES_PER_COMPONENT = 40;
const BYTES_AROUND = 1_048_576;
/** What any model can embed. */
const PLAIN_TEXT = "text";

/** All requests of one endpoint in this process. */
export class EndpointRequests {
  readonly #parts: EndpointParts;
  readonly #shape: WireShape;
  readonly #connection: EndpointConnection;
  readonly #slots: RequestSlots;
  readonly #gate: Gate;
  #holdsInARow = 0;
  /** When it last refused, on the monotonic clock; until it answers well. */
  #refusedAtMs: number | undefined;

  constructor(parts: EndpointParts) {
    const { settings, model, holds, timing } = parts;
    this.#parts = parts;
    this.#shape = wireShape(settings.url);
    this.#connection = new EndpointConnection(settings.concurrency);
    this.#slots = new RequestSlots(settings.concurrency);
    this.#gate = new Gate({
      key: `model:${model}`,
      holds,
      timing,
      rates: settings.rates,
    });
  }

  /** One result for each text of a request, in order. Rejects only when aborted. */
  async results(texts: readonly string[], signal: AbortSignal): Promise<readonly EmbedResult[]> {
    return this.#halved(texts, { isProven: false }, signal);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #halved(texts: readonly string[], hunt: Hunt, signal: AbortSignal): Promise<readonly EmbedResult[]> {
    if (hunt.blame !== undefined) return same(texts, { kind: "failed", error: hunt.blame });
    const final = await this.#final(texts, signal);
    if (final.kind === "results") {
      hunt.isProven = true;
      return final.results;
    }
    if (final.kind !== "refused") return same(texts, final);
    if (texts.length === 1) {
      await this.#prove(hunt, final.error, signal);
      return [{ kind: "failed", error: hunt.blame ?? final.error }];
    }
    const middle = Math.ceil(texts.length / 2);
    const left = await this.#halved(texts.slice(0, middle), hunt, signal);
    const right = await this.#halved(texts.slice(middle), hunt, signal);
    return [...left, ...right];
  }

  /** Before a first lone text is blamed: an endpoint that refuses anything would cost two requests a text. */
  async #prove(hunt: Hunt, error: ClassedError, signal: AbortSignal): Promise<void> {
    if (hunt.isProven) return;
    const plain = await this.#final([PLAIN_TEXT], signal);
    hunt.isProven = plain.kind !== "refused";
    if (hunt.isProven) return;
    const message = `${error.message}; it refuses any text: check its model, dimensions and address`;
    hunt.blame = modelError("validation", "request-refused", { message });
  }

  /** Tries until there is nothing left to try. */
  async #final(texts: readonly string[], signal: AbortSignal): Promise<Final> {
    for (let tries = 1; ; tries++) {
      const verdict = await this.#once(texts, signal);
      if (verdict.kind === "limited") {
        if (verdict.held.ms > LONGEST_WAIT_MS || tries >= MAX_TRIES) return verdict.held;
        continue; // the gate waits for the end of the hold
      }
      if (verdict.kind !== "again") return verdict;
      if (tries >= MAX_TRIES) return { kind: "failed", error: verdict.error };
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + this.#parts.random() / 2);
      await sleep(this.#parts.timing, pauseMs, signal);
      signal.throwIfAborted();
    }
  }

  async #once(texts: readonly string[], signal: AbortSignal): Promise<Tried> {
    const slot = await this.#slots.acquire(signal);
    let seen: Parameters<Slot["release"]>[0];
    try {
      const held = await this.#gate.pass(signal);
      if (held !== undefined) return held;
      const exchange = await this.#exchange(texts, signal);
      if (exchange.kind !== "broken") seen = seenOf(exchange, texts);
      return await this.#judged(exchange, texts);
    } finally {
      slot.release(seen); // after a hold was put: whoever gets the place must see it
    }
  }

  async #exchange(texts: readonly string[], signal: AbortSignal): Promise<Exchange> {
    const { settings, model } = this.#parts;
    const { apiKey, dimensions, timeoutMs } = settings;
    const body = this.#shape.body(model, texts);
    const maxBytes = texts.length * dimensions * BYTES_PER_COMPONENT + BYTES_AROUND;
    try {
      const posting = { url: this.#shape.url, body, maxBytes, apiKey, timeoutMs, signal };
      const exchange = await this.#connection.post(posting);
      this.#gate.ended(callEndOf(exchange));
      return exchange;
    } catch (reason) {
      this.#gate.ended("neither"); // aborted
      throw reason;
    }
  }

  async #judged(exchange: Exchange, texts: readonly string[]): Promise<Tried> {
    const { model, settings, timing } = this.#parts;
    const { apiKey, dimensions } = settings;
    const nowMs = timing.wallMs();
    const verdict = verdictOf(exchange, { model, apiKey, texts, dimensions, shape: this.#shape, nowMs });
    if (verdict.kind === "limited") {
      const leastMs = this.#leastHoldMs(timing.now() - exchange.ms);
      return { kind: "limited", held: await this.#limited(verdict.ms, leastMs) };
    }
    if (verdict.kind === "results") await this.#noteWindow(windowUsedUpMs(exchange, nowMs));
    return verdict;
  }

  async #noteWindow(usedUpMs: number | undefined): Promise<void> {
    this.#holdsInARow = 0;
    this.#refusedAtMs = undefined;
    if (usedUpMs !== undefined) await this.#gate.hold(usedUpMs, "window-exhausted");
  }

  /** Holds the endpoint for the whole fleet, for as long as it asks; else for longer with each time in a row. */
  async #limited(askedMs: number | undefined, leastMs: number): Promise<HeldBack> {
    const key = `model:${this.#parts.model}`;
    const reason = "rate-limited";
    if (askedMs === undefined) {
      const held = await this.#gate.held();
      if (held !== undefined) return held; // others in flight have met the same
    }
    const ms = Math.max(leastMs, askedMs ?? this.#ownHoldMs());
    await this.#gate.hold(ms, reason);
    return { kind: "held", key, ms: Math.ceil(ms), reason };
  }

  /** Who says "at once" and refuses that, too, is not asked without end: `sentAtMs` is when the refused request was sent. */
  #leastHoldMs(sentAtMs: number): number {
    const isAgain = this.#refusedAtMs !== undefined && sentAtMs >= this.#refusedAtMs;
    this.#refusedAtMs = this.#parts.timing.now();
    return isAgain ? FIRST_HOLD_MS : 1;
  }

  #ownHoldMs(): number {
    const ms = Math.min(MOST_HOLD_MS, FIRST_HOLD_MS * 2 ** Math.min(this.#holdsInARow, 16));
    this.#holdsInARow += 1;
    return ms * (0.75 + this.#parts.random() / 2);
  }
}

function same(texts: readonly string[], result: EmbedResult): readonly EmbedResult[] {
  return texts.map(() => result);
}

function seenOf(exchange: Exchange, texts: readonly string[]): NonNullable<Parameters<Slot["release"]>[0]> {
  return { ms: exchange.ms, size: sizeOf(texts), verdict: isOverload(exchange) ? "overload" : "good" };
}

/** About as many tokens as the texts have: for comparing latencies. */
function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length / 4 + 1, 0);
}
