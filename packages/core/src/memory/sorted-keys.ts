/** Keys in an order, for paging: cheap to add to, sorted only when read after keys came out of order. */

/** Deleted keys that may stay in the list before it is cut down. */
const MIN_CUT = 1_000;

/** A set of keys; the caller adds each once while it is in. */
export class SortedKeys<K extends string> {
  #keys: K[] = [];
  readonly #deleted = new Set<K>();
  readonly #compare: (left: string, right: string) => number;
  #sorted = true;

  constructor(compare: (left: string, right: string) => number) {
    this.#compare = compare;
  }

  add(key: K): void {
    if (this.#deleted.delete(key)) return;
    const last = this.#keys.at(-1);
    if (last !== undefined && this.#compare(last, key) > 0) this.#sorted = false;
    this.#keys.push(key);
  }

  /** Takes a key out that is in; the list is cut down once half of it is gone. */
  delete(key: K): void {
    this.#deleted.add(key);
    if (this.#deleted.size < MIN_CUT || this.#deleted.size * 2 < this.#keys.length) return;
    this.#keys = this.#keys.filter((each) => !this.#deleted.has(each));
    this.#deleted.clear();
  }

  /** The keys that come after `cursor` (all where left out), in order; read it before the next `add`. */
  *after(cursor?: string): Generator<K> {
    this.#sort();
    const start = cursor === undefined ? 0 : this.#firstAfter(cursor);
    for (let index = start; index < this.#keys.length; index += 1) {
      const key = this.#keys[index] as K; // in range
      if (!this.#deleted.has(key)) yield key;
    }
  }

  /** The same of `keys` only, in or not: what is asked by key costs what it asks for, however much there is. */
  among(keys: readonly K[] | undefined, cursor?: string): Iterable<K> {
    if (keys === undefined) return this.after(cursor);
    const sorted = [...new Set(keys)].sort(this.#compare);
    return cursor === undefined ? sorted : sorted.filter((key) => this.#compare(key, cursor) > 0);
  }

  /** The keys that come before `cursor` (all where left out), from the last to the first; read it before the next `add`. */
  *before(cursor?: string): Generator<K> {
    this.#sort();
    const end = cursor === undefined ? this.#keys.length : this.#firstAfter(cursor);
    for (let index = end - 1; index >= 0; index -= 1) {
      const key = this.#keys[index] as K; // in range
      if (key !== cursor && !this.#deleted.has(key)) yield key;
    }
  }

  #sort(): void {
    if (!this.#sorted) this.#keys.sort(this.#compare);
    this.#sorted = true;
  }

  #firstAfter(cursor: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const key = this.#keys[middle] as K; // low ≤ middle < high ≤ length
      if (this.#compare(key, cursor) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Newest first, for ids whose text order is their age. */
export function newestFirst(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? 1 : -1;
}

/** The order of the UTF-8 bytes, which is the order of code points and not quite that of JavaScript strings. */
export function byBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above every other code unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
