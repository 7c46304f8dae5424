/** How far a run is, from its ledger's counters; and how long the rest may take. */
import { isFinishedRun, type RunRow, type RunState } from "../model/run.ts";

/** A run's progress at one moment. */
export interface RunProgress {
  readonly state: RunState;
  /** Items with a ledger row: done, filtered, skipped or failed. */
  readonly done: number;
  /** Items in all; absent until the reader has come to its end. */
  readonly total?: number | undefined;
  readonly failed: number;
  readonly filtered: number;
  /** Exponentially weighted; 0 before anything was seen to move. */
  readonly itemsPerSecond: number;
  /** How long the rest may take; absent while unknown. */
  readonly eta?: { readonly lowMs: number; readonly highMs: number } | undefined;
  /** Every counter of the step, the reader's and the outputs' own among them. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Half the weight of a rate is younger than this. */
const HALF_LIFE_MS = 5_000;
/** No time left is given before this much was observed. */
const WARM_UP_MS = 2_000;
/** The range: this much faster or slower than the weighted rate. */
const SPREAD = 1.4;

/** Turns snapshots of a run into progress, keeping the rate between them. `nowMs` is monotonic. */
export class ProgressMeter {
  readonly #step: string;
  #first: { readonly atMs: number; readonly done: number } | undefined;
  #last: { readonly atMs: number; readonly done: number } | undefined;
  #rate = 0;

  constructor(step: string) {
    this.#step = step;
  }

  /** Takes the next snapshot. */
  see(run: RunRow, nowMs: number): RunProgress {
    const counters = run.counters[this.#step] ?? {};
    const failed = counters["failed"] ?? 0;
    const filtered = counters["filtered"] ?? 0;
    const done = (counters["done"] ?? 0) + filtered + (counters["skipped"] ?? 0) + failed;
    const total = (counters["sealed"] ?? 0) > 0 ? (counters["read"] ?? 0) : undefined;
    this.#observe(done, nowMs);
    const eta = isFinishedRun(run.state) || total === undefined ? undefined : this.#eta(total - done, nowMs);
    return {
      state: run.state,
      done,
      ...(total === undefined ? {} : { total }),
      failed,
      filtered,
      itemsPerSecond: this.#rate,
      ...(eta === undefined ? {} : { eta }),
      counters,
    };
  }

  #observe(done: number, atMs: number): void {
    this.#first ??= { atMs, done };
    const last = this.#last;
    this.#last = { atMs, done };
    if (last === undefined || atMs <= last.atMs) return;
    const elapsed = atMs - last.atMs;
    const rate = ((done - last.done) * 1_000) / elapsed;
    const kept = this.#rate === 0 ? 0 : 0.5 ** (elapsed / HALF_LIFE_MS);
    this.#rate = kept * this.#rate + (1 - kept) * rate;
  }

  #eta(left: number, nowMs: number): { readonly lowMs: number; readonly highMs: number } | undefined {
    const first = this.#first;
    if (first === undefined || nowMs - first.atMs < WARM_UP_MS || this.#rate <= 0) return undefined;
    const ms = (left * 1_000) / this.#rate;
    return { lowMs: Math.round(ms / SPREAD), highMs: Math.round(ms * SPREAD) };
  }
}
