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
      if (isLast(next)) return false;
      this.#count += 1;
      if (this.#count > this.#toSkip && !take(this.#placed(next.value))) return true;
    }
  }

  /** Whether it reads what was read before, which has been counted then. */
  get isPassingOver(): boolean {
    return this.#count < this.#toSkip;
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

/** @throws ClassedError for what no iterator may give, and what would never end. */
function isLast(step: Step): boolean {
  if (typeof step === "object") return Boolean(step.done);
  const message = `the \`next\` of the step's reader gave ${String(step)}; it takes an object with \`done\` and \`value\``;
  throw new ClassedError("validation", "bad-reader", message);
}

type Step = IteratorResult<unknown, unknown>;

/** An iterator of either kind. */
interface AnyIterator {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
}

/** A function that forgot to return its items must not pass for one that has none. */
function iteratorOf(items: unknown): AnyIterator {
  const { [Symbol.asyncIterator]: inTime, [Symbol.iterator]: atOnce } = (items ?? {}) as AnyIterable;
  if (isFunction(inTime)) return inTime.call(items);
  if (isFunction(atOnce)) return awaiting(atOnce.call(items));
  const what = items instanceof Promise ? "a promise" : String(items).slice(0, MAX_SHOWN);
  const message = `the step's reader gave ${what}; it takes an iterable: make it a generator, \`function*\` or \`async function*\``;
  throw new ClassedError("validation", "bad-reader", message);
}

function isFunction<F>(value: F | undefined): value is F {
  return typeof value === "function";
}

/** What anything may have. */
interface AnyIterable {
  readonly [Symbol.asyncIterator]?: () => AnyIterator;
  readonly [Symbol.iterator]?: () => Iterator<unknown>;
}

const MAX_SHOWN = 100;

/** What comes as a promise is awaited, as `for await` does. */
function awaiting(iterator: Iterator<unknown>): AnyIterator {
  return {
    next: () => {
      const step = iterator.next();
      const { value, done } = step; // which may be accessors
      return isThenable(value) ? value.then((awaited) => ({ value: awaited, done: Boolean(done) })) : step;
    },
    return: () => iterator.return?.(),
  };
}
