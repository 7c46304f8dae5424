/** The embedding cache in this process's memory. */
import {
  DEFAULT_CACHE_AGE_MS,
  type EmbeddingCache,
  type EmbeddingCacheBounds,
} from "../ports/embedding-cache.ts";

const MAX_ENTRIES = 100_000;

interface Entry {
  readonly vector: Float32Array;
  readonly usedAtMs: number;
}

/** A map in the order of use. */
export class MemoryEmbeddingCache implements EmbeddingCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #maxAgeMs: number;
  readonly #now: () => number;

  constructor(options: EmbeddingCacheBounds & { readonly now?: (() => number) | undefined } = {}) {
    this.#maxEntries = options.maxEntries ?? MAX_ENTRIES;
    this.#maxAgeMs = options.maxAgeMs ?? DEFAULT_CACHE_AGE_MS;
    this.#now = options.now ?? Date.now;
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const found = new Map<string, Float32Array>();
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      this.#use(key, entry.vector);
      found.set(key, entry.vector.slice());
    }
    return found;
  }

  async put(entries: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [key, vector] of entries) if (!this.#entries.has(key)) this.#use(key, vector.slice());
    let most = entries.size * 2;
    for (const [key, { usedAtMs }] of this.#entries) {
      const isOver = this.#entries.size > this.#maxEntries || usedAtMs < this.#now() - this.#maxAgeMs;
      if (most === 0 || !isOver) return;
      this.#entries.delete(key);
      most -= 1;
    }
  }

  #use(key: string, vector: Float32Array): void {
    this.#entries.delete(key);
    this.#entries.set(key, { vector, usedAtMs: this.#now() });
  }
}
