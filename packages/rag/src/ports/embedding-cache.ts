/** Where vectors of texts are kept, so that no model is asked for the same text twice. */

/** A cache by key: the sha256 of model, dimensions and text, in hex. */
export interface EmbeddingCache {
  /** The vectors there are, by key, in one call; they are the caller's to keep. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  /**
   * Keeps vectors, in one call, and lets go of what is over the cache's bounds: the longest unused first, at most twice
   * as many as were put, so that the work does not grow with the cache.
   */
  put(entries: ReadonlyMap<string, Float32Array>): Promise<void>;
}

/** How much a cache keeps. */
export interface EmbeddingCacheBounds {
  /** Most vectors. Default 1,000,000 in a database, 100,000 in memory. */
  readonly maxEntries?: number | undefined;
  /** Longest time unused in ms. Default 90 days. */
  readonly maxAgeMs?: number | undefined;
}

/** 90 days. */
export const DEFAULT_CACHE_AGE_MS = 7_776_000_000;
