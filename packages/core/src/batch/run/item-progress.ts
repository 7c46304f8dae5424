/** How far the items of one step are, from its counters; and how long the rest of them may take. */
import type { ChunkResult } from "../pipeline/pipeline.ts";
import type { ExecutionCounts } from "./execution-counts.ts";
import { nextRate, settledItems } from "./item-rate.ts";
import { shownCounts } from "./shown-counts.ts";
import type { KeptRate } from "./step-detail.ts";

/** How far the items of a step are. */
export interface ItemProgress {
  /** Items with an end: done, filtered, skipped or failed. */
  readonly done: number;
  /** Items in all; absent until the reader has said so, or has come to its end. */
  readonly total?: number | undefined;
  readonly failed: number;
  readonly skipped: number;
  readonly filtered: number;
  /** Exponentially weighted; 0 before anything was seen to move. */
  readonly itemsPerSecond: number;
  /** How long the rest may take; absent while unknown. */
  readonly eta?: { readonly lowMs: number; readonly highMs: number } | undefined;
  /** Every counter of the step, the reader's and the outputs' own among them. */
  readonly counters: ChunkResult;
}

/** No time left is given before this much was observed. */
const WARM_UP_MS = 2_000;
/** The range: this much faster or slower than the weighted rate. */
const SPREAD = 1.4;
/** A step stands still once nothing has ended for so long, and for so many times as long as an item took on average. */
const STILL_MS = 10_000;
const STILL_ITEMS = 3;

/** Turns snapshots of one step's counters into progress, keeping the rate between them. `nowMs` is monotonic. */
export class ItemMeter {
  #firstAtMs: number | undefined;
  /** When items were last seen to end, and how many had by then and at the first look. */
  #moved: { readonly atMs: number; readonly done: number; readonly from: number } | undefined;
  #rate: KeptRate | undefined;

  /** Takes the next snapshot; `kept` is the rate that others have seen before the first. */
  see(
    counts: ExecutionCounts,
    at: { readonly isOver: boolean; readonly nowMs: number; readonly keptPerSecond?: number | undefined },
  ): ItemProgress {
    const { isOver, nowMs, keptPerSecond = 0 } = at;
    const { counters, total } = counts;
    const shown = shownCounts(counters);
    const done = settledItems(counters);
    // What others have seen is as good as an observation of one's own.
    this.#firstAtMs ??= keptPerSecond > 0 ? nowMs - WARM_UP_MS : nowMs;
    if (done !== this.#moved?.done) this.#moved = { atMs: nowMs, done, from: this.#moved?.from ?? done };
    this.#rate = nextRate(this.#rate, { done, atMs: nowMs });
    if (this.#rate.perSecond === 0) this.#rate = { ...this.#rate, perSecond: keptPerSecond };
    const eta = isOver || total === undefined ? undefined : this.#eta(total - done, nowMs);
    return {
      done,
      ...(total === undefined ? {} : { total }),
      ...{ failed: shown.failed, skipped: shown.skipped, filtered: shown.filtered },
      itemsPerSecond: this.#rate.perSecond,
      ...(eta === undefined ? {} : { eta }),
      counters: shown,
    };
  }

  #standsStill(nowMs: number): boolean {
    if (this.#moved === undefined || this.#firstAtMs === undefined) return false;
    const { atMs, done, from } = this.#moved;
    const itemMs = (atMs - this.#firstAtMs) / Math.max(1, done - from);
    return nowMs - atMs > Math.max(STILL_MS, STILL_ITEMS * itemMs);
  }

  #eta(left: number, nowMs: number): ItemProgress["eta"] {
    const { perSecond = 0 } = this.#rate ?? {};
    if (nowMs - (this.#firstAtMs ?? nowMs) < WARM_UP_MS || perSecond <= 0) return undefined;
    if (this.#standsStill(nowMs)) return undefined; // a rate that only fades would promise hours, then days
    const ms = (left * 1_000) / perSecond;
    return { lowMs: Math.round(ms / SPREAD), highMs: Math.round(ms * SPREAD) };
  }
}
