/** Group commit: single items share a call, and each caller gets its own item's answer. */
import { type BatchBounds, Batches } from "./batches.ts";

/** How a {@link GroupCommit} sends. */
export interface GroupCommitOptions<Item, Answer> extends BatchBounds<Item> {
  /** Sends a batch and gives its answers in order; when it rejects, so does every member. */
  send(items: readonly Item[]): Promise<readonly Answer[]>;
}

interface Entry<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** {@link Batches} whose items are waited for one by one. */
export class GroupCommit<Item, Answer> {
  readonly #options: GroupCommitOptions<Item, Answer>;
  readonly #batches: Batches<Entry<Item, Answer>>;

  constructor(options: GroupCommitOptions<Item, Answer>) {
    const { maxItems, maxWeight, weigh } = options;
    this.#options = options;
    this.#batches = new Batches({
      send: (batch) => this.#sendBatch(batch),
      maxItems,
      ...(maxWeight === undefined ? {} : { maxWeight }),
      ...(weigh === undefined ? {} : { weigh: ({ item }: Entry<Item, Answer>) => weigh(item) }),
    });
  }

  /** Resolves with the item's own answer. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => this.#batches.add({ item, resolve, reject }));
  }

  async #sendBatch(batch: readonly Entry<Item, Answer>[]): Promise<void> {
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
  }
}
