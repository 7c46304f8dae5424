/** Bounded concurrency: how many jobs run, and how many are held or expected beside them, in all and per queue. */

/** Where jobs may come from and how many may run at once. */
export interface SlotLimits {
  /** Over all queues. */
  readonly total: number;
  /** By queue; a queue that is not named is bounded by `total` alone. */
  readonly byQueue: ReadonlyMap<string, number>;
}

interface QueueCounts {
  running: number;
  held: number;
}

/** Counts the jobs of a worker. Held ones are claimed and wait for a slot, or are being claimed. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #queues = new Map<string, QueueCounts>();
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
    const { running, held } = this.#of(queue);
    return this.limitOf(queue) - running - held;
  }

  /** Whether a job of any queue may start. */
  get isAnyFree(): boolean {
    return this.#total < this.#limits.total;
  }

  /** Whether a job of this queue may start. */
  isFree(queue: string): boolean {
    return this.isAnyFree && this.#of(queue).running < this.limitOf(queue);
  }

  take(queue: string): void {
    this.#total += 1;
    this.#of(queue).running += 1;
  }

  release(queue: string): void {
    this.#total -= 1;
    this.#of(queue).running -= 1;
  }

  /** So many jobs more (or fewer) are held. */
  hold(queue: string, jobs: number): void {
    this.#heldTotal += jobs;
    this.#of(queue).held += jobs;
  }

  #of(queue: string): QueueCounts {
    const known = this.#queues.get(queue);
    if (known !== undefined) return known;
    const counts = { running: 0, held: 0 };
    this.#queues.set(queue, counts);
    return counts;
  }
}
