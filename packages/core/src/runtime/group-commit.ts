/** Group commit without a timer: a batch leaves as soon as none is in flight; what gathers meanwhile is the next. */
import { AsyncResource } from "node:async_hooks";

/** How a {@link GroupCommit} sends. */
export interface GroupCommitOptions<Item, Answer> {
  /** Sends a batch and gives its answers in order; when it rejects, so does every member. */
  send(items: readonly Item[]): Promise<readonly Answer[]>;
  readonly maxItems: number;
  /** What an item counts toward `maxWeight`; 1 where left out. */
  weigh?(item: Item): number;
  /** A batch ends before the item that would pass this; a single heavier item still goes, alone. */
  readonly maxWeight?: number;
}

interface Entry<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Collects single items into batches, one batch in flight at a time, in the order they came. */
export class GroupCommit<Item, Answer> {
  readonly #options: GroupCommitOptions<Item, Answer>;
  #waiting: Entry<Item, Answer>[] = [];
  #inFlight = 0;
  #busy = false;
  /** A batch is nobody's in particular: the asynchronous context of whoever comes first is left outside. */
  readonly #scope = new AsyncResource("MillraceGroup");

  constructor(options: GroupCommitOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Items not answered yet. */
  get size(): number {
    return this.#waiting.length + this.#inFlight;
  }

  /** Resolves with the item's own answer. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // A microtask later, so that what is added in the same breath goes together.
      queueMicrotask(() => this.#scope.runInAsyncScope(() => void this.#drain()));
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendBatch(this.#take());
    this.#busy = false;
  }

  async #sendBatch(batch: readonly Entry<Item, Answer>[]): Promise<void> {
    this.#inFlight = batch.length;
    try {
      const answers = await this.#options.send(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => {
        if (index < answers.length)
          entry.resolve(answers[index] as Answer); // in range, whatever Answer is
        else entry.reject(new RangeError(`${answers.length} answers to a batch of ${batch.length}`));
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
    this.#inFlight = 0;
  }

  #take(): Entry<Item, Answer>[] {
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
      const entry = this.#waiting[index];
      weight += entry === undefined ? 0 : weigh(entry.item);
      if (weight > maxWeight) return Math.max(1, index);
    }
    return most;
  }
}
