/** How the items of one window become chunks. Pure. */

/** Limits of one chunk. */
export interface ChunkLimits {
  readonly chunkSize: number;
  readonly chunkWeight: number;
}

/**
 * Splits a window into chunks, heaviest items first, so that long work starts early and light items share a chunk.
 * Every item is in exactly one chunk; none is empty; equal weights keep their order.
 */
export function formChunks<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number,
  limits: ChunkLimits,
): readonly (readonly Item[])[] {
  const heaviestFirst = items
    .map((item) => ({ item, weight: weightOf(item) }))
    .sort((a, b) => b.weight - a.weight);
  const chunks: Item[][] = [];
  let current: Item[] = [];
  let held = 0;
  for (const { item, weight } of heaviestFirst) {
    if (current.length > 0 && (current.length >= limits.chunkSize || held + weight > limits.chunkWeight)) {
      chunks.push(current);
      current = [];
      held = 0;
    }
    current.push(item);
    held += weight;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}
