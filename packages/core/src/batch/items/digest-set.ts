/** A set of 128-bit digests in 32 bytes each, of which millions fit where as many strings would not. */

/** Bytes of a digest. */
export const DIGEST_BYTES = 16;
const WORDS = 4;
const FIRST_SLOTS = 1_024;

/** Open addressing with linear probing; at most half of the slots are taken. Digests must be evenly spread. */
export class DigestSet {
  #slots = new Uint32Array(FIRST_SLOTS * WORDS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `digest` has 16 bytes. */
  has(digest: Buffer): boolean {
    return this.#isAt(this.#find(wordsOf(digest)));
  }

  /** Whether it was not there before. */
  add(digest: Buffer): boolean {
    const words = wordsOf(digest);
    const slot = this.#find(words);
    if (this.#isAt(slot)) return false;
    this.#slots.set(words, slot);
    this.#size += 1;
    if (this.#size * 2 * WORDS > this.#slots.length) this.#grow();
    return true;
  }

  /** Where the words are, or would go. */
  #find(words: Uint32Array): number {
    const count = this.#slots.length / WORDS;
    for (let index = Number(words[0]) % count; ; index = (index + 1) % count) {
      const slot = index * WORDS;
      if (!this.#isAt(slot) || words.every((word, at) => this.#slots[slot + at] === word)) return slot;
    }
  }

  /** The last word of a digest that is kept is never 0. */
  #isAt(slot: number): boolean {
    return this.#slots[slot + WORDS - 1] !== 0;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += WORDS) {
      const words = old.subarray(slot, slot + WORDS);
      if (words[WORDS - 1] !== 0) this.#slots.set(words, this.#find(words));
    }
  }
}

function wordsOf(digest: Buffer): Uint32Array {
  const words = Uint32Array.from({ length: WORDS }, (_, at) => digest.readUInt32LE(at * WORDS));
  words[WORDS - 1] = Number(words[WORDS - 1]) | 1;
  return words;
}
