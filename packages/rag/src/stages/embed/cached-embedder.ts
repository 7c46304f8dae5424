/** An embedder that asks its model only for texts it has not seen. */
import { createHash } from "node:crypto";
import type { Embedder, EmbedOptions } from "../../ports/embedder.ts";
import type { EmbeddingCache } from "../../ports/embedding-cache.ts";

/** Texts looked up, embedded and put together. */
const SLICE = 512;

/**
 * The same embedder with a cache before it, for any number of texts. Texts go in slices, each with one look-up, at most one
 * call of the embedder, and one put; a text that occurs more than once is embedded once. `onCached` is told how many
 * vectors were found. Give it an embedder that checks its answers (`checkedEmbedder`): what is put is found again for long.
 * A vector of other dimensions than the embedder's counts as not found. Errors of either pass through.
 */
export function cachedEmbedder(inner: Embedder, cache: EmbeddingCache): Embedder {
  return {
    model: inner.model,
    dimensions: inner.dimensions,
    maxInputs: Number.MAX_SAFE_INTEGER,
    maxTokensPerInput: inner.maxTokensPerInput,
    embed: async (texts, options) => {
      const vectors: Float32Array[] = [];
      const size = Math.min(SLICE, inner.maxInputs);
      for (let from = 0; from < texts.length; from += size) {
        options.signal.throwIfAborted();
        vectors.push(...(await embedSlice({ inner, cache }, texts.slice(from, from + size), options)));
      }
      return vectors;
    },
  };
}

/** The embedder with the cache before it, or itself where a cache would only slow it down. */
export function cachedByDefault(embedder: Embedder, cache: EmbeddingCache): Embedder {
  return embedder.isCheap === true ? embedder : cachedEmbedder(embedder, cache);
}

async function embedSlice(
  { inner, cache }: { readonly inner: Embedder; readonly cache: EmbeddingCache },
  texts: readonly string[],
  options: EmbedOptions,
): Promise<readonly Float32Array[]> {
  const keys = texts.map((text) => keyOf(inner, text));
  const found = new Map(
    [...(await cache.get([...new Set(keys)]))].filter(([, vector]) => vector.length === inner.dimensions),
  );
  const hits = keys.filter((key) => found.has(key)).length;
  if (hits > 0) options.onCached?.(hits);
  const missing = new Map(
    keys.flatMap((key, index) => (found.has(key) ? [] : [[key, texts[index] ?? ""] as const])),
  );
  const made = await embedMissing(inner, missing, options);
  await cache.put(made);
  return keys.map((key) => {
    const vector = found.get(key) ?? made.get(key);
    if (vector === undefined) throw new TypeError("a text has neither been found nor embedded");
    return vector.slice();
  });
}

async function embedMissing(
  inner: Embedder,
  missing: ReadonlyMap<string, string>,
  options: EmbedOptions,
): Promise<ReadonlyMap<string, Float32Array>> {
  if (missing.size === 0) return new Map();
  const vectors = await inner.embed([...missing.values()], options);
  if (vectors.length !== missing.size)
    throw new TypeError(`the embedder gave ${vectors.length} of ${missing.size} vectors`);
  return new Map(
    [...missing.keys()].flatMap((key, index) => {
      const vector = vectors[index];
      return vector === undefined ? [] : [[key, vector] as const];
    }),
  );
}

/** Everything that could change a vector: model, dimensions, text. */
function keyOf({ model, dimensions }: Embedder, text: string): string {
  return createHash("sha256")
    .update(JSON.stringify([model, dimensions, text]))
    .digest("hex");
}
