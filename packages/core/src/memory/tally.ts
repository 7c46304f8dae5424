/** How many there are of each of some keys; those there are none of take no room. */

/** Counts per key. */
export class Tally<K> {
  readonly #counts = new Map<K, number>();

  has(key: K): boolean {
    return this.#counts.has(key);
  }

  /** Adds to a key's count; nothing is counted for no key. */
  add(key: K | undefined, by: 1 | -1): void {
    if (key === undefined) return;
    const count = (this.#counts.get(key) ?? 0) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
