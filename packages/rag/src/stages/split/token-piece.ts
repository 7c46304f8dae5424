/**
 * Finds where the next piece of the cl100k_base token pattern ends, without a regular expression.
 *
 * The pattern cuts text into pieces, left to right and without looking back; byte pairs never merge across pieces, so
 * the tokens of a text are the sum over its pieces. In its order of alternatives:
 *
 * 1. `'(?:[sS]|[dD]|[mM]|[tT]|[lL][lL]|[vV][eE]|[rR][eE])`
 * 2. `[^\r\n\p{L}\p{N}]?\p{L}+`
 * 3. `\p{N}{1,3}`
 * 4. ` ?[^\s\p{L}\p{N}]+[\r\n]*`
 * 5. `\s+$`
 * 6. `\s*[\r\n]`
 * 7. `\s+(?!\S)`
 * 8. `\s`
 *
 * A test compares the count with gpt-tokenizer's over arbitrary text.
 */
import { classOf, LETTER, NEWLINE, NUMBER, OTHER, SPACE, unitsAt } from "./character-class.ts";

const APOSTROPHE = 0x27;
const BLANK = 0x20;
const FIRST_SURROGATE = 0xd800;

/** End of the piece that starts at `start`, in a text that ends at `end`. `start < end`. */
export function pieceEnd(text: string, start: number, end: number): number {
  const unit = text.charCodeAt(start);
  if (unit === APOSTROPHE) {
    const suffix = contractionLength(text, start + 1, end);
    if (suffix > 0) return start + 1 + suffix;
  }
  const kind = classAt(text, start, end);
  if (kind === LETTER) return runEnd(text, start, { end, kind: LETTER });
  if (kind === NUMBER) return numberEnd(text, start, end);
  const second = start + unitsAt(text, start, end);
  const following = kind === NEWLINE || second >= end ? -1 : classAt(text, second, end);
  if (following === LETTER) return runEnd(text, second, { end, kind: LETTER });
  if (kind === OTHER) return symbolEnd(text, second, end);
  if (unit === BLANK && following === OTHER) return symbolEnd(text, second, end);
  return spaceEnd(text, start, end);
}

function classAt(text: string, index: number, end: number): number {
  const unit = text.charCodeAt(index);
  if (unit < FIRST_SURROGATE || unit > 0xdbff) return classOf(unit);
  return unitsAt(text, index, end) === 2 ? classOf(text.codePointAt(index) ?? unit) : OTHER;
}

function runEnd(text: string, start: number, run: { readonly end: number; readonly kind: number }): number {
  let index = start;
  while (index < run.end) {
    const unit = text.charCodeAt(index);
    if (unit < FIRST_SURROGATE ? classOf(unit) !== run.kind : classAt(text, index, run.end) !== run.kind)
      break;
    index += unit < FIRST_SURROGATE ? 1 : unitsAt(text, index, run.end);
  }
  return index;
}

function numberEnd(text: string, start: number, end: number): number {
  let index = start;
  for (let digits = 0; digits < 3 && index < end && classAt(text, index, end) === NUMBER; digits++) {
    index += unitsAt(text, index, end);
  }
  return index;
}

function symbolEnd(text: string, start: number, end: number): number {
  return runEnd(text, runEnd(text, start, { end, kind: OTHER }), { end, kind: NEWLINE });
}

function spaceEnd(text: string, start: number, end: number): number {
  let index = start;
  let afterNewline = -1;
  for (; index < end; index++) {
    const kind = classOf(text.charCodeAt(index));
    if (kind < SPACE) break;
    if (kind === NEWLINE) afterNewline = index + 1;
  }
  if (index === end) return end;
  if (afterNewline !== -1) return afterNewline;
  return index - start > 1 ? index - 1 : index;
}

/** Units after the apostrophe, or 0. Only the listed ASCII letters count. */
function contractionLength(text: string, index: number, end: number): 0 | 1 | 2 {
  if (index >= end) return 0;
  const first = text.charCodeAt(index) | 0x20;
  if (text.charCodeAt(index) > 0x7f) return 0;
  if (first === 0x73 || first === 0x64 || first === 0x6d || first === 0x74) return 1;
  if (index + 1 >= end || text.charCodeAt(index + 1) > 0x7f) return 0;
  const second = text.charCodeAt(index + 1) | 0x20;
  if (first === 0x6c && second === 0x6c) return 2;
  return (first === 0x76 || first === 0x72) && second === 0x65 ? 2 : 0;
}
