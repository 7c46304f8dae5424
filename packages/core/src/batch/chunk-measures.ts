/** What chunks of an adapted size count for the loop that adapts it: in the step's counters, but hidden from people. */
import { classOf, statusOf } from "../model/error-class.ts";
import { ClassedError } from "../model/errors.ts";
import { HIDDEN_PREFIX } from "./own-counters.ts";

/** Names of the counters: items measured, ms that they took, time-outs, and refusals as too large. */
export const CHUNK_MEASURES: Readonly<Record<"items" | "ms" | "timeouts" | "tooLarge", string>> =
  Object.freeze({
    items: `${HIDDEN_PREFIX}items`,
    ms: `${HIDDEN_PREFIX}ms`,
    timeouts: `${HIDDEN_PREFIX}timeouts`,
    tooLarge: `${HIDDEN_PREFIX}too-large`,
  });

/** The counters that are people's. */
export function shownCounters(counters: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counters).filter(([name]) => !name.startsWith(HIDDEN_PREFIX)));
}

/** Measures one attempt of a chunk. */
export class ChunkMeasures {
  readonly #nowMs: () => number;
  readonly #beganAtMs: number;
  #timeouts = 0;
  #tooLarge = 0;
  #isTold = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#beganAtMs = nowMs();
  }

  /** An item or a group met this error. */
  note(error: unknown): void {
    if (classOf(error) === "timeout") this.#timeouts += 1;
    else if (isTooLarge(error)) this.#tooLarge += 1;
  }

  /** Whether they were given as counters. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** As counters, of an attempt that has worked on so many items. */
  counters(items: number): Readonly<Record<string, number>> {
    this.#isTold = true;
    const counts = [
      [CHUNK_MEASURES.items, items],
      [CHUNK_MEASURES.ms, Math.round(this.#nowMs() - this.#beganAtMs)],
      [CHUNK_MEASURES.timeouts, this.#timeouts],
      [CHUNK_MEASURES.tooLarge, this.#tooLarge],
    ] as const;
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }
}

const PAYLOAD_TOO_LARGE = 413;

function isTooLarge(error: unknown): boolean {
  if (error instanceof ClassedError && error.reason === "too-large") return true;
  return statusOf(error) === PAYLOAD_TOO_LARGE;
}
