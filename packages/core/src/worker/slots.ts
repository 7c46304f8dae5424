/** Bounded concurrency: how many jobs run, and how many are held or expected beside them, in all and per queue. */

/** Where jobs may come from and how many may run at once. */
export interface SlotLimits {
  /** Over all queues. */
  readonly total: number;
  /** By queue; a queue that is not named is bounded by `total` alone. */
  readonly byQueue: ReadonlyMap<string, number>;
}

/** Counts the jobs of a worker. Held ones are claimed and wait for a slot, or are being claimed. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #running = new Map<string, number>();
  readonly #held = new Map<string, number>();
  #total = 0;
  #heldTotal = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#total;
  }

  /** Most jobs at once over all queues. */
  get limit(): number {
    return this.#limits.total;
  }

  /** Most jobs of this queue at once. */
  limitOf(queue: string): number {
    return this.#limits.byQueue.get(queue) ?? this.#limits.total;
  }

  /** Slots that nothing held will need; below 0 where more is held than there are slots. */
  get spare(): number {
    return this.#limits.total - this.#total - this.#heldTotal;
  }

  /** The same of this queue's own limit. */
  spareOf(queue: string): number {
    return this.limitOf(queue) - count(this.#running, queue) - count(this.#held, queue);
  }

  /** Whether a job of this queue may start. */
  isFree(queue: string): boolean {
    return this.#total < this.#limits.total && count(this.#running, queue) < this.limitOf(queue);
  }

  take(queue: string): void {
    this.#total += 1;
    add(this.#running, queue, 1);
  }

  release(queue: string): void {
    this.#total -= 1;
    add(this.#running, queue, -1);
  }

  /** So many jobs more (or fewer) are held. */
  hold(queue: string, jobs: number): void {
    this.#heldTotal += jobs;
    add(this.#held, queue, jobs);
  }
}

function count(counts: ReadonlyMap<string, number>, queue: string): number {
  return counts.get(queue) ?? 0;
}

function add(counts: Map<string, number>, queue: string, by: number): void {
  counts.set(queue, count(counts, queue) + by);
}
