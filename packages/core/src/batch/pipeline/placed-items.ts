/** What a step's reader gives, as items with their place and name: as many at a time as come without waiting. */
import { ClassedError } from "../../model/errors.ts";
import { isThenable } from "../../runtime/is-thenable.ts";
import type { OpenReader } from "../chunk-step.ts";
import type { Placed } from "../placed.ts";
import { COUNTED, type Placing, placeItem } from "./place-item.ts";

/** What is read, and from where on. */
export interface PlacedSource extends Placing {
  /** Begins to read; asked once, at the first item. */
  open(): unknown;
  /** The number of the item to go on behind, where items are numbered. */
  readonly after: number | undefined;
}

/** A promise is made only for what a source has to wait for: one for each item would cost more than the item. */
export class PlacedItems implements OpenReader<unknown> {
  readonly #source: PlacedSource;
  readonly #toSkip: number;
  #iterator: AnyIterator | undefined;
  #count = 0;
  #isCounted: boolean;

  constructor(source: PlacedSource) {
    this.#source = source;
    this.#toSkip = source.after ?? 0;
    this.#isCounted = source.after !== undefined;
  }

  async read(take: (item: Placed<unknown>) => boolean): Promise<boolean> {
    this.#iterator ??= iteratorOf(this.#source.open());
    for (;;) {
      const coming = this.#iterator.next();
      const next = isThenable(coming) ? await coming : coming;
      if (next.done === true) return false;
      this.#count += 1;
      if (this.#count > this.#toSkip && !take(this.#placed(next.value))) return true;
    }
  }

  async close(): Promise<void> {
    await this.#iterator?.return?.();
  }

  #placed(read: unknown): Placed<unknown> {
    const item = placeItem(this.#source, read, { count: this.#count, isCounted: this.#isCounted });
    this.#isCounted = item.cursor.startsWith(COUNTED);
    return item;
  }
}

type Step = IteratorResult<unknown, unknown>;

/** An iterator of either kind. */
interface AnyIterator {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
}

/** A function that forgot to return its items must not pass for one that has none. */
function iteratorOf(items: unknown): AnyIterator {
  const isOne = (way: symbol) => typeof items === "object" && items !== null && way in items;
  if (isOne(Symbol.asyncIterator)) return (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (typeof items === "string" || isOne(Symbol.iterator))
    return awaiting((items as Iterable<unknown>)[Symbol.iterator]());
  const what = items instanceof Promise ? "a promise" : String(items).slice(0, MAX_SHOWN);
  const message = `the step's reader gave ${what}; it takes an iterable: make it a generator, \`function*\` or \`async function*\``;
  throw new ClassedError("validation", "bad-reader", message);
}

const MAX_SHOWN = 100;

/** What comes as a promise is awaited, as `for await` does. */
function awaiting(iterator: Iterator<unknown>): AnyIterator {
  return {
    next: () => {
      const step = iterator.next();
      return isThenable(step.value) ? step.value.then((value) => ({ ...step, value })) : step;
    },
    return: () => iterator.return?.(),
  };
}
