/** Bounded concurrency: how many jobs run, and how many are held or expected beside them, in all and per queue. */
import type { Ceiling } from "./ceiling.ts";
import type { ConcurrencyRange } from "./concurrency.ts";

/** Where jobs may come from and how many may run at once. */
export interface SlotLimits {
  /** Over all queues: so many to begin with, and at most. */
  readonly total: ConcurrencyRange;
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
  readonly #ceiling: Ceiling | undefined;
  readonly #queues = new Map<string, QueueCounts>();
  #limit: number;
  #total = 0;
  #heldTotal = 0;
  #peak = 0;

  /** `ceiling`: shared with the other workers of the program. */
  constructor(limits: SlotLimits, ceiling?: Ceiling) {
    this.#limits = limits;
    this.#limit = limits.total.min;
    this.#ceiling = ceiling;
  }

  get running(): number {
    return this.#total;
  }

  /** Most jobs at once over all queues, as it is now. */
  get limit(): number {
    return this.#limit;
  }

  /** Most jobs of this queue at once. */
  limitOf(queue: string): number {
    return this.#limits.byQueue.get(queue) ?? this.#limit;
  }

  /** Whether other workers may take or give back room that this one counts on. */
  get isShared(): boolean {
    return this.#ceiling !== undefined;
  }

  /** From now on so many; more may run on, and be held, than that. */
  resize(limit: number): void {
    this.#limit = limit;
  }

  /** The most jobs that ran at once since this was last asked. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#total;
    return peak;
  }

  /** Slots that nothing held will need; below 0 where more is held than there are slots. */
  get spare(): number {
    const own = this.#limit - this.#total - this.#heldTotal;
    return this.#ceiling === undefined ? own : Math.min(own, this.#ceiling.spare);
  }

  /** The same of this queue's own limit. */
  spareOf(queue: string): number {
    const { running, held } = this.#of(queue);
    return this.limitOf(queue) - running - held;
  }

  /** Whether a job of any queue may start. */
  get isAnyFree(): boolean {
    return this.#total < this.#limit && this.#ceiling?.isFull !== true;
  }

  /** Whether a job of this queue may start. */
  isFree(queue: string): boolean {
    return this.isAnyFree && this.#of(queue).running < this.limitOf(queue);
  }

  take(queue: string): void {
    this.#total += 1;
    this.#peak = Math.max(this.#peak, this.#total);
    this.#of(queue).running += 1;
    this.#ceiling?.run(1);
  }

  release(queue: string): void {
    this.#total -= 1;
    this.#of(queue).running -= 1;
    this.#ceiling?.run(-1);
  }

  /** So many jobs more (or fewer) are held. */
  hold(queue: string, jobs: number): void {
    this.#heldTotal += jobs;
    this.#of(queue).held += jobs;
    this.#ceiling?.hold(jobs);
  }

  #of(queue: string): QueueCounts {
    const known = this.#queues.get(queue);
    if (known !== undefined) return known;
    const counts = { running: 0, held: 0 };
    this.#queues.set(queue, counts);
    return counts;
  }
}
