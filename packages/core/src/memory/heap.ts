/** A binary heap: the least of many values first, in O(log n). */

/** Holds values whose order does not change while they are in it. */
export class Heap<T> {
  readonly #values: T[] = [];
  readonly #compare: (left: T, right: T) => number;

  constructor(compare: (left: T, right: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#values.length;
  }

  /** The least value, left in place. */
  peek(): T | undefined {
    return this.#values[0];
  }

  /** All values, in no order. */
  values(): readonly T[] {
    return this.#values;
  }

  push(value: T): void {
    const values = this.#values;
    let hole = values.length;
    values.push(value);
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = values[above] as T; // above < hole < length
      if (this.#compare(parent, value) <= 0) break;
      values[hole] = parent;
      hole = above;
    }
    values[hole] = value;
  }

  /** Takes the least value out. */
  pop(): T | undefined {
    const least = this.#values[0];
    const last = this.#values.pop();
    if (last !== undefined && this.#values.length > 0) this.#sink(last);
    return least;
  }

  #sink(value: T): void {
    const values = this.#values;
    let hole = 0;
    for (let child = this.#leastChild(hole); child !== undefined; child = this.#leastChild(hole)) {
      const below = values[child] as T; // #leastChild gives indices in range
      if (this.#compare(value, below) <= 0) break;
      values[hole] = below;
      hole = child;
    }
    values[hole] = value;
  }

  #leastChild(of: number): number | undefined {
    const left = 2 * of + 1;
    const right = left + 1;
    if (left >= this.#values.length) return undefined;
    if (right >= this.#values.length) return left;
    // both are in range
    return this.#compare(this.#values[left] as T, this.#values[right] as T) <= 0 ? left : right;
  }
}
