/** Says which characters make words, looked up once per character. */

/** Parts words: anything that is none of the others. */
export const SEPARATOR = 0;
/** Letter, mark or number (`\p{L}\p{M}\p{N}`); also both halves of a surrogate pair, so that emoji can be found. */
export const WORD = 1;
/** Written without spaces between words: {@link UNSPACED_LETTERS}. Each pair of neighbours counts as a word. */
export const UNSPACED = 2;

/**
 * Han, Hiragana and Katakana with their iteration and length marks. Ranges, not `\p{Script}`: script properties of old
 * characters change between versions of Unicode, vectors must not.
 */
const UNSPACED_LETTERS =
  /[\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/;

const UNKNOWN = 255;
const classes: Uint8Array = new Uint8Array(0x10000).fill(UNKNOWN);

/** Class of a UTF-16 unit. */
export function wordClass(unit: number): number {
  const known = classes[unit] ?? UNKNOWN;
  if (known !== UNKNOWN) return known;
  const found = classify(unit);
  classes[unit] = found;
  return found;
}

function classify(unit: number): number {
  if (unit >= 0xd800 && unit <= 0xdfff) return WORD;
  const character = String.fromCharCode(unit);
  if (!/[\p{L}\p{M}\p{N}]/u.test(character)) return SEPARATOR;
  return UNSPACED_LETTERS.test(character) ? UNSPACED : WORD;
}
