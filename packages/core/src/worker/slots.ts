/** Bounded concurrency: how many jobs run, in all and per queue. */

/** Where jobs may come from and how many may run at once. */
export interface SlotLimits {
  /** Over all queues. */
  readonly total: number;
  /** By queue; a queue that is not named is bounded by `total` alone. */
  readonly byQueue: ReadonlyMap<string, number>;
}

/** Counts the running jobs of a worker. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #running = new Map<string, number>();
  #total = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#total;
  }

  /** Slots free over all queues. */
  get free(): number {
    return Math.max(0, this.#limits.total - this.#total);
  }

  /** Slots of this queue's own limit that are free. */
  freeOf(queue: string): number {
    const limit = this.#limits.byQueue.get(queue) ?? this.#limits.total;
    return Math.max(0, limit - (this.#running.get(queue) ?? 0));
  }

  take(queue: string): void {
    this.#total += 1;
    this.#running.set(queue, (this.#running.get(queue) ?? 0) + 1);
  }

  release(queue: string): void {
    this.#total -= 1;
    this.#running.set(queue, (this.#running.get(queue) ?? 0) - 1);
  }
}
