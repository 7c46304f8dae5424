/** Decides whether an endpoint may be called now: the fleet's hold, this process's rates, and the circuit breaker. */
import { sleep, type Timing } from "@millrace/core";
import type { Holds } from "../ports/holds.ts";
import { begun, type CallEnd, type Circuit, CLOSED_CIRCUIT, ended } from "./circuit.ts";
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
  /** Longest a request can take: a trial that is silent for longer counts no more. */
  readonly requestMs: number;
}

/** The gate of one endpoint. */
export class Gate {
  readonly #parts: GateParts;
  readonly #rates: RateWindows;
  #circuit: Circuit = CLOSED_CIRCUIT;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#rates = new RateWindows(parts.rates);
  }

  /** Lets a request through, after a second at most; or says for how long there is no point. Each passage needs {@link ended}. */
  async pass(signal: AbortSignal): Promise<HeldBack | undefined> {
    let waitedMs = 0;
    for (;;) {
      const wait = await this.#wait();
      if (wait === undefined) return undefined;
      waitedMs += wait.ms;
      if (waitedMs > LONGEST_WAIT_MS) return wait;
      await sleep(this.#parts.timing, wait.ms, signal);
      signal.throwIfAborted();
    }
  }

  /** How a request that was let through has ended. */
  ended(end: CallEnd): void {
    this.#circuit = ended(this.#circuit, end, this.#parts.timing.now());
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

  /** Takes a place in the rates and the circuit only where both have one. */
  async #wait(): Promise<HeldBack | undefined> {
    const held = await this.held();
    if (held !== undefined) return held;
    const nowMs = this.#parts.timing.now();
    const { circuit, waitMs } = begun(this.#circuit, { nowMs, trialMs: this.#parts.requestMs });
    if (waitMs > 0) return this.#heldBack(waitMs, "circuit-open");
    const rateMs = this.#rates.take(nowMs);
    if (rateMs > 0) return this.#heldBack(rateMs, "rate");
    this.#circuit = circuit;
    return undefined;
  }

  #heldBack(ms: number, reason: string): HeldBack {
    return { kind: "held", key: this.#parts.key, ms: Math.max(1, Math.ceil(ms)), reason };
  }
}
