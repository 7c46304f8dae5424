/** The shape every background activity shares: started once, stopped once, its troubles told in one place. */
import { AsyncResource } from "node:async_hooks";
import type { Timing } from "./timers.ts";

/** Something that runs between `start` and `stop`. */
export interface Service {
  start(): void;
  /** Resolves when it has ended; safe to call twice. */
  stop(): Promise<void>;
  /** How its loops do; left out where it has none. */
  readonly health?: readonly LoopHealth[];
}

/** Where all loops report what went wrong; `where` names the loop. Never throws. */
export type OnError = (error: unknown, where: string) => void;

/** A caller's error callback, made safe: one that throws is not called back about it. */
export function guardOnError(onError: OnError): OnError {
  return (error, where) => {
    try {
      onError(error, where);
    } catch {
      // Reporting is the end of the road: a broken reporter must not end a loop.
    }
  };
}

/** Calls somebody else's function, and reports what it throws or rejects with. */
export function reportingErrors(call: () => unknown, report: (error: unknown) => void): void {
  try {
    const answer = call();
    if (answer instanceof Promise) answer.catch(report);
  } catch (error) {
    report(error);
  }
}

/** How a loop does. */
export interface LoopHealth {
  readonly name: string;
  /** Ms since its last pass that went well ended, or since it was started. */
  readonly sinceMs: number;
  /** How many ms the pass under way has taken; left out while it rests. */
  readonly passingMs?: number | undefined;
  /** Passes that failed since the last that went well. */
  readonly failures: number;
  /** What the last of them threw. */
  readonly error?: unknown;
}

/** What a {@link Loop} repeats. */
export interface LoopOptions {
  readonly name: string;
  readonly timing: Timing;
  readonly onError: OnError;
  /** One pass; gives the ms to rest before the next, `Infinity` to rest until nudged. */
  pass(): Promise<number>;
  /** Ms to rest before the first pass; 0 where left out. */
  readonly firstRestMs?: number | undefined;
}

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;
/** 2^10 · 50 ms is past the longest backoff. */
const MAX_DOUBLINGS = 10;

/** Repeats a pass until stopped. A pass that fails is reported and tried again after a growing rest. */
export class Loop implements Service {
  readonly #options: LoopOptions;
  #running: Promise<void> | undefined;
  #stopping = false;
  #nudged = false;
  #failures = 0;
  #error: unknown;
  #wellAtMs = 0;
  #passAtMs: number | undefined;
  #wake: (() => void) | undefined;
  /** Whoever starts a loop has no part in it: what its asynchronous context holds is left outside. */
  readonly #scope = new AsyncResource("MillraceLoop");

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** How it does; nothing before it was started. */
  get health(): readonly LoopHealth[] {
    if (this.#running === undefined) return [];
    const { name, timing } = this.#options;
    const nowMs = timing.now();
    return [
      {
        name,
        sinceMs: nowMs - this.#wellAtMs,
        ...(this.#passAtMs === undefined ? {} : { passingMs: nowMs - this.#passAtMs }),
        failures: this.#failures,
        ...(this.#failures === 0 ? {} : { error: this.#error }),
      },
    ];
  }

  start(): void {
    if (this.#running === undefined) this.#wellAtMs = this.#options.timing.now();
    this.#running ??= this.#scope.runInAsyncScope(() => this.#run());
  }

  /** Has the next pass follow at once, unless the loop rests because its last pass failed. */
  nudge(): void {
    this.#nudged = true;
    if (this.#failures === 0) this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { firstRestMs = 0 } = this.#options;
    if (this.#rests(firstRestMs)) await this.#rest(firstRestMs);
    while (!this.#stopping) {
      this.#nudged = false;
      const restMs = await this.#pass();
      if (this.#rests(restMs)) await this.#rest(restMs);
      // Whatever woke the loop may be the first of many in this turn, which one pass can serve; and a store that
      // answers without waiting for anything must not keep everything else waiting.
      await this.#options.timing.turn();
    }
  }

  async #pass(): Promise<number> {
    const { timing, onError, name } = this.#options;
    this.#passAtMs = timing.now();
    try {
      const restMs = await this.#options.pass();
      this.#failures = 0;
      this.#wellAtMs = timing.now();
      return restMs;
    } catch (error) {
      onError(error, name);
      this.#failures += 1;
      this.#error = error;
      return backoffMs(this.#failures);
    } finally {
      this.#passAtMs = undefined;
    }
  }

  #rests(restMs: number): boolean {
    return !this.#stopping && (this.#failures > 0 || (restMs > 0 && !this.#nudged));
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel =
        ms === Number.POSITIVE_INFINITY ? undefined : this.#options.timing.after(ms, () => end());
      const end = () => {
        cancel?.();
        this.#wake = undefined;
        resolve();
      };
      this.#wake = end;
    });
  }
}

/** How long to rest after the n-th failure in a row, n from 1. */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, MAX_DOUBLINGS), MAX_BACKOFF_MS);
}
