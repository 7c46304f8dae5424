/** Batches: one leaves as soon as none is in flight; what gathers meanwhile is the next. */
import { AsyncResource } from "node:async_hooks";

/** How {@link Batches} are bounded. */
export interface BatchBounds<Item> {
  readonly maxItems: number;
  /** What an item counts toward `maxWeight`; 1 where left out. */
  weigh?(item: Item): number;
  /** A batch ends before the item that would pass this; a single heavier item still goes, alone. */
  readonly maxWeight?: number;
}

/** How {@link Batches} are sent. */
export interface BatchesOptions<Item> extends BatchBounds<Item> {
  /** Sends a batch, and tells whoever wants to know what came of it. Must not reject. */
  send(items: readonly Item[]): Promise<void>;
  /** Awaited when a batch of so many items has been answered: the next leaves no earlier. Must not reject. */
  rest?(sent: number): Promise<unknown> | undefined;
}

/** Collects single items into batches, one batch in flight at a time, in the order they came. */
export class Batches<Item> {
  readonly #options: BatchesOptions<Item>;
  #waiting: Item[] = [];
  #inFlight = 0;
  #busy = false;
  /** A batch is nobody's in particular: the asynchronous context of whoever comes first is left outside. */
  readonly #scope = new AsyncResource("MillraceBatches");

  constructor(options: BatchesOptions<Item>) {
    this.#options = options;
  }

  /** Items not answered yet. */
  get size(): number {
    return this.#waiting.length + this.#inFlight;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    if (this.#busy) return;
    this.#busy = true;
    // A microtask later, so that what is added in the same breath goes together.
    queueMicrotask(() => this.#scope.runInAsyncScope(() => void this.#drain()));
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      this.#inFlight = batch.length;
      await this.#options.send(batch);
      this.#inFlight = 0;
      await this.#options.rest?.(batch.length);
    }
    this.#busy = false;
  }

  #take(): Item[] {
    const count = this.#count();
    if (count === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, count);
  }

  #count(): number {
    const { maxItems, weigh, maxWeight } = this.#options;
    const most = Math.min(maxItems, this.#waiting.length);
    if (weigh === undefined || maxWeight === undefined) return most;
    let weight = 0;
    for (let index = 0; index < most; index += 1) {
      weight += weigh(this.#waiting[index] as Item); // in range
      if (weight > maxWeight) return Math.max(1, index);
    }
    return most;
  }
}
