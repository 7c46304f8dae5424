/** Character classes the token pattern and the block rules speak of, looked up once per character. */

/** Anything else: punctuation, symbols, marks, controls, lone surrogates. */
export const OTHER = 0;
/** `\p{L}` */
export const LETTER = 1;
/** `\p{N}` */
export const NUMBER = 2;
/** `\s` except CR and LF. */
export const SPACE = 3;
/** CR or LF. */
export const NEWLINE = 4;

const UNKNOWN = 255;
const basicPlane: Uint8Array = new Uint8Array(0x10000).fill(UNKNOWN);

/** Class of a code point. */
export function classOf(codePoint: number): number {
  if (codePoint > 0xffff) return classify(codePoint);
  const known = basicPlane[codePoint] ?? UNKNOWN;
  if (known !== UNKNOWN) return known;
  const found = classify(codePoint);
  basicPlane[codePoint] = found;
  return found;
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (/[\r\n]/.test(character)) return NEWLINE;
  if (/\s/.test(character)) return SPACE;
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  return OTHER;
}

/** Whether the UTF-16 unit at `index` is white space (`\s`). All white space lies in the basic plane. */
export function isSpaceAt(text: string, index: number): boolean {
  return classOf(text.charCodeAt(index)) >= SPACE;
}

/** First index in `[start, end)` that is not white space, or `end`. */
export function skipSpace(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && isSpaceAt(text, index)) index++;
  return index;
}

/** End of `[start, end)` without the white space it ends with. */
export function trimSpaceEnd(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && isSpaceAt(text, index - 1)) index--;
  return index;
}

/** UTF-16 units of the code point at `index`: 2 for a surrogate pair that ends before `end`, else 1. */
export function unitsAt(text: string, index: number, end: number): 1 | 2 {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff || index + 1 >= end) return 1;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}

/** Bytes the code point at `index` takes in UTF-8; a lone surrogate is written as U+FFFD, 3 bytes. */
export function bytesAt(text: string, index: number, end: number): 1 | 2 | 3 | 4 {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unitsAt(text, index, end) === 2 ? 4 : 3;
}
