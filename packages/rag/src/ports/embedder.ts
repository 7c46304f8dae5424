/** The port of embedding: texts in, one vector of fixed dimension each out, in order. */

/** An embedding model. Everything that could change a vector is in {@link Embedder.model}. */
export interface Embedder {
  /** Name of the model; a collection belongs to one. */
  readonly model: string;
  /** Components of every vector. */
  readonly dimensions: number;
  /** Most texts one {@link Embedder.embed} call takes (at least 1). */
  readonly maxInputs: number;
  /** Longest text it takes, in tokens of its own tokenizer. */
  readonly maxTokensPerInput: number;
  /** Whether making a vector costs less than looking for it in a database, so that a cache would only slow it down. */
  readonly isCheap?: boolean | undefined;
  /**
   * One vector per text, in the order of `texts` (1…maxInputs texts). Vectors are the caller's to keep.
   * Rejects with the signal's reason when it is aborted.
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<readonly Float32Array[]>;
}

/** What goes along with one {@link Embedder.embed} call. */
export interface EmbedOptions {
  readonly signal: AbortSignal;
  /** Told how many of the vectors were not made but found in a cache. */
  readonly onCached?: ((count: number) => void) | undefined;
}
