/** How long jobs of each name take, and what follows for claiming ahead: little work is held that others could do. */

/** Work a worker may hold beyond its slots, for each slot. */
const MAX_AHEAD_MS = 250;
/** The weight of the newest duration in its name's mean. */
const WEIGHT = 0.2;
/** A name not run for so long is unknown again. */
const FORGET_MS = 60_000;

interface Mean {
  ms: number;
  atMs: number;
}

/** Names that may be claimed beyond the slots, and how many of their jobs for each slot. */
export interface Ahead {
  readonly names: readonly string[];
  readonly perSlot: number;
}

/** Exponentially weighted means by job name. */
export class Pace {
  readonly #means = new Map<string, Mean>();

  /** A handler of this name has ended after so many ms. */
  note(name: string, ms: number, nowMs: number): void {
    const mean = this.#means.get(name);
    if (mean === undefined) {
      this.#means.set(name, { ms, atMs: nowMs });
      return;
    }
    mean.ms += (ms - mean.ms) * WEIGHT;
    mean.atMs = nowMs;
  }

  /** Those of the names whose jobs are known to be short; how many is decided by the slowest of them. */
  ahead(names: readonly string[], nowMs: number): Ahead {
    const short = names.filter((name) => this.#meanMs(name, nowMs) <= MAX_AHEAD_MS);
    const slowestMs = Math.max(0, ...short.map((name) => this.#meanMs(name, nowMs)));
    const perSlot = short.length === 0 ? 0 : Math.floor(MAX_AHEAD_MS / slowestMs);
    return { names: short.length === names.length ? names : short, perSlot };
  }

  #meanMs(name: string, nowMs: number): number {
    const mean = this.#means.get(name);
    return mean === undefined || nowMs - mean.atMs > FORGET_MS ? Number.POSITIVE_INFINITY : mean.ms;
  }
}
