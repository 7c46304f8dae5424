/** Counts how often each hashed feature occurs in one text, in typed arrays that are used again for the next text. */

const INITIAL_SLOTS = 1 << 13;

/** What a table calls for each feature: its hash and how often it was counted. */
export type FeatureVisitor = (hash: number, count: number) => void;

/** Open addressing with linear probing, at most half full. Features come back in the order they were first counted. */
export class FeatureTable {
  #mask = INITIAL_SLOTS - 1;
  #hashes: Int32Array = new Int32Array(INITIAL_SLOTS);
  #counts: Uint32Array = new Uint32Array(INITIAL_SLOTS);
  #order: Uint32Array = new Uint32Array(INITIAL_SLOTS / 2);
  #size = 0;

  /** Counts one occurrence. */
  count(hash: number): void {
    let slot = hash & this.#mask;
    while (this.#counts[slot] !== 0) {
      if (this.#hashes[slot] === hash) {
        this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
        return;
      }
      slot = (slot + 1) & this.#mask;
    }
    this.#hashes[slot] = hash;
    this.#counts[slot] = 1;
    this.#order[this.#size++] = slot;
    if (this.#size === this.#order.length) this.#grow();
  }

  /** Visits every feature once and forgets it. */
  drain(visit: FeatureVisitor): void {
    for (let index = 0; index < this.#size; index++) {
      const slot = this.#order[index] ?? 0;
      visit(this.#hashes[slot] ?? 0, this.#counts[slot] ?? 0);
      this.#counts[slot] = 0;
    }
    this.#size = 0;
    if (this.#mask >= INITIAL_SLOTS) this.#allocate(INITIAL_SLOTS);
  }

  #allocate(slots: number): void {
    this.#mask = slots - 1;
    this.#hashes = new Int32Array(slots);
    this.#counts = new Uint32Array(slots);
    this.#order = new Uint32Array(slots / 2);
  }

  #grow(): void {
    const hashes = this.#hashes;
    const counts = this.#counts;
    const order = this.#order;
    this.#allocate(hashes.length * 2);
    for (let index = 0; index < order.length; index++) {
      const from = order[index] ?? 0;
      const hash = hashes[from] ?? 0;
      let slot = hash & this.#mask;
      while (this.#counts[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#hashes[slot] = hash;
      this.#counts[slot] = counts[from] ?? 0;
      this.#order[index] = slot;
    }
  }
}
