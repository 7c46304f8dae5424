/** Nearest vectors by scanning all of them, page by page, with memory for one page and the best so far. */

const PAGE = 500;

/** A candidate, best first. */
export interface Scored {
  readonly id: string;
  readonly score: number;
}

/**
 * The `limit` vectors with the highest cosine similarity; ties by id.
 * @param page reads up to `size` rows after an id; `embedding` holds little-endian float4.
 */
export async function scanVectors(
  query: Float32Array,
  limit: number,
  page: (
    after: string | undefined,
    size: number,
  ) => Promise<readonly { readonly id: string; readonly embedding: Uint8Array }[]>,
): Promise<readonly Scored[]> {
  let best: Scored[] = [];
  let after: string | undefined;
  for (;;) {
    const rows = await page(after, PAGE);
    const scored = rows.map(({ id, embedding }) => ({ id, score: cosine(query, floatsOf(embedding)) }));
    best = [...best, ...scored].sort(byScore).slice(0, limit);
    if (rows.length < PAGE) return best;
    after = rows.at(-1)?.id;
  }
}

/** Best first. */
function byScore(a: Scored, b: Scored): number {
  return b.score - a.score || (a.id < b.id ? -1 : 1);
}

/** The components kept as little-endian float4. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

/** Cosine similarity of two vectors of one length; 0 where either is all zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return normA === 0 || normB === 0 ? 0 : dot / Math.sqrt(normA * normB);
}
