/** How long jobs of each name take and how large they are, and what follows for claiming ahead: little is held of either. */

/** Work a worker may hold beyond its slots, for each slot. */
const MAX_AHEAD_MS = 250;
/** Characters of envelopes a worker may hold beyond its slots, so that large payloads fill neither memory nor an answer. */
const MAX_AHEAD_LENGTH = 8_388_608;
/** The weight of the newest job in its name's means. */
const WEIGHT = 0.2;
/** A name not run for so long is unknown again. */
const FORGET_MS = 60_000;

/** Of one job. */
export interface Measured {
  readonly ms: number;
  /** Of its envelope, in characters. */
  readonly length: number;
}

interface Mean {
  ms: number;
  length: number;
  atMs: number;
}

/** Names that may be claimed beyond the slots, and how many of their jobs for each slot. */
export interface Ahead {
  readonly names: readonly string[];
  readonly perSlot: number;
  /** Most of them in all. */
  readonly most: number;
}

/** Exponentially weighted means by job name. */
export class Pace {
  readonly #means = new Map<string, Mean>();

  /** A job of this name has ended. */
  note(name: string, { ms, length }: Measured, nowMs: number): void {
    const mean = this.#means.get(name);
    if (mean === undefined) {
      this.#means.set(name, { ms, length, atMs: nowMs });
      return;
    }
    mean.ms += (ms - mean.ms) * WEIGHT;
    mean.length += (length - mean.length) * WEIGHT;
    mean.atMs = nowMs;
  }

  /** Those of the names whose jobs are known to be short; how many is decided by the slowest and the largest of them. */
  ahead(names: readonly string[], nowMs: number): Ahead {
    const short = names.flatMap((name) => this.#shortMean(name, nowMs));
    const slowestMs = Math.max(0, ...short.map(({ ms }) => ms));
    const perSlot = short.length === 0 ? 0 : Math.floor(MAX_AHEAD_MS / slowestMs);
    const largest = Math.max(1, ...short.map(({ length }) => length));
    const most = Math.floor(MAX_AHEAD_LENGTH / largest);
    return { names: short.length === names.length ? names : short.map(({ name }) => name), perSlot, most };
  }

  /** The mean of a name whose jobs are known to be short; else nothing. */
  #shortMean(name: string, nowMs: number): readonly (Measured & { readonly name: string })[] {
    const mean = this.#means.get(name);
    if (mean === undefined || nowMs - mean.atMs > FORGET_MS || mean.ms > MAX_AHEAD_MS) return [];
    return [{ name, ms: mean.ms, length: mean.length }];
  }
}
