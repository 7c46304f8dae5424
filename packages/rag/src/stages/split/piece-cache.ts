/** Remembers the token counts of short pieces of text in typed arrays, so that looking one up allocates nothing. */

/** Longest piece held, in UTF-16 units. */
export const CACHED_UNITS = 16;

const SLOTS = 1 << 16;
/** Per slot: length and tokens, 0 when free. */
const entries = new Uint16Array(SLOTS);
const units = new Uint16Array(SLOTS * CACHED_UNITS);

/** Tokens of the piece `text[start, end)` of at most {@link CACHED_UNITS} units, or 0 when it is not held. */
export function cachedTokens(text: string, start: number, end: number): number {
  const slot = slotOf(text, start, end);
  const tokens = tokensIn(slot, text, { start, end });
  return tokens > 0 ? tokens : tokensIn(slot ^ 1, text, { start, end });
}

/**
 * Holds a piece in its slot or, when that is taken, in the one beside it, whatever was there: the common pieces come
 * early and stay. `tokens` is at most 3 a unit, as bytes are.
 */
export function cacheTokens(piece: string, tokens: number): void {
  const wanted = slotOf(piece, 0, piece.length);
  const slot = entries[wanted] === 0 ? wanted : wanted ^ 1;
  for (let index = 0; index < piece.length; index++) {
    units[slot * CACHED_UNITS + index] = piece.charCodeAt(index);
  }
  entries[slot] = (piece.length << 8) | tokens;
}

function tokensIn(
  slot: number,
  text: string,
  piece: { readonly start: number; readonly end: number },
): number {
  const { start, end } = piece;
  const entry = entries[slot] ?? 0;
  if (entry >>> 8 !== end - start) return 0;
  const offset = slot * CACHED_UNITS - start;
  for (let index = start; index < end; index++) {
    if (units[offset + index] !== text.charCodeAt(index)) return 0;
  }
  return entry & 0xff;
}

function slotOf(text: string, start: number, end: number): number {
  let hash = end - start;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
