/** Decides whether an endpoint may be called now: the fleet's hold, this process's rates, and its circuit breaker. */
import {
  admitCall,
  type CallEnd,
  type Circuit,
  CLOSED_CIRCUIT,
  judgeCall,
  sleep,
  type Timing,
} from "@millrace/core";
import type { Holds } from "../ports/holds.ts";
import type { HeldBack } from "./embed-result.ts";
import { RateWindows, type RequestRate } from "./request-rate.ts";

/** Longer waits are left to whoever called: a job can put itself off without holding a slot. */
export const LONGEST_WAIT_MS = 1_000;

/** What a gate is made of. */
export interface GateParts {
  /** `model:<name>`. */
  readonly key: string;
  readonly holds: Holds;
  readonly rates: readonly RequestRate[];
  readonly timing: Timing;
}

/** How long until it is worth asking again, and what to say where that is too long to wait. */
interface Wait {
  readonly ms: number;
  readonly held: HeldBack;
}

/** After five failures in a row the circuit opens; then one request tries. */
const TERMS = { failures: 5, trials: 1 };
const FIRST_OPEN_MS = 5_000;
const MOST_OPEN_MS = 60_000;
/** While one request tries, the others look again so often. */
const TRIAL_POLL_MS = 100;

/** The gate of one endpoint. */
export class Gate {
  readonly #parts: GateParts;
  readonly #rates: RateWindows;
  #circuit: Circuit = CLOSED_CIRCUIT;
  /** Of this process alone: one machine with a broken network must not stop the others. */
  #openUntilMs = 0;
  #openMs = 0;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#rates = new RateWindows(parts.rates);
  }

  /**
   * Lets a request through, after a second at most; or says for how long there is no point. After a hold and after the
   * circuit was open, one request goes ahead of all others. Each passage needs {@link ended}.
   */
  async pass(signal: AbortSignal): Promise<HeldBack | undefined> {
    let waitedMs = 0;
    for (;;) {
      const wait = await this.#wait();
      if (wait === undefined) return undefined;
      waitedMs += wait.ms;
      if (waitedMs > LONGEST_WAIT_MS) return wait.held;
      await sleep(this.#parts.timing, wait.ms, signal);
      signal.throwIfAborted();
    }
  }

  /** How a request that was let through has ended; `failed` where nothing sound came back. */
  ended(end: CallEnd): void {
    const { circuit, opens } = judgeCall(this.#circuit, end, TERMS);
    this.#circuit = circuit;
    if (circuit.kind === "closed") this.#openMs = 0;
    if (!opens) return;
    this.#openMs = Math.min(MOST_OPEN_MS, Math.max(FIRST_OPEN_MS, this.#openMs * 2));
    this.#openUntilMs = this.#parts.timing.now() + this.#openMs;
  }

  /** Nobody in the fleet calls the endpoint for `ms`. */
  async hold(ms: number, reason: string): Promise<void> {
    await this.#parts.holds.hold(this.#parts.key, Math.ceil(ms), reason);
  }

  /** What is left of the fleet's hold. */
  async held(): Promise<HeldBack | undefined> {
    const left = await this.#parts.holds.left(this.#parts.key);
    return left === undefined ? undefined : this.#heldBack(left.ms, left.reason);
  }

  /** Takes a place in the rates and in the circuit only where both have one. */
  async #wait(): Promise<Wait | undefined> {
    const nowMs = this.#parts.timing.now();
    const held = (await this.held()) ?? this.#openCircuit(nowMs);
    const { circuit, goes } = admitCall(this.#circuit, held !== undefined, TERMS);
    if (held !== undefined) {
      this.#circuit = circuit;
      return { ms: held.ms, held };
    }
    if (!goes) return { ms: TRIAL_POLL_MS, held: this.#heldBack(LONGEST_WAIT_MS, "being-tried") };
    const rateMs = this.#rates.take(nowMs);
    if (rateMs > 0) return { ms: rateMs, held: this.#heldBack(rateMs, "rate") };
    this.#circuit = circuit;
    return undefined;
  }

  #openCircuit(nowMs: number): HeldBack | undefined {
    const leftMs = this.#openUntilMs - nowMs;
    return leftMs > 0 ? this.#heldBack(leftMs, "circuit-open") : undefined;
  }

  #heldBack(ms: number, reason: string): HeldBack {
    return { kind: "held", key: this.#parts.key, ms: Math.max(1, Math.ceil(ms)), reason };
  }
}
