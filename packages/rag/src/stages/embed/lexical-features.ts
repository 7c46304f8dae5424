/** Reads the features of hash-lexical-v1 out of a normalised text: its words and its character 4-grams. */
import { finishHash, GRAM_BASIS, hashUnit, WORD_BASIS } from "./feature-hash.ts";
import type { FeatureTable } from "./feature-table.ts";
import { SEPARATOR, UNSPACED, WORD, wordClass } from "./word-class.ts";

const BLANK = 0x20;

/** Where the features of a text are counted. */
export interface LexicalFeatures {
  readonly words: FeatureTable;
  readonly grams: FeatureTable;
}

/** NFKC, then lower case: what both kinds of features are read from. */
export function normalised(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** Counts the features of a text that {@link normalised} returned. Linear; allocates nothing per feature. */
export function countFeatures(text: string, into: LexicalFeatures): void {
  const hasUnspaced = countWords(text, into.words);
  if (hasUnspaced) countPairs(text, into.words);
  countGrams(text, into.grams);
}

/** Runs of word characters. Returns whether it met characters of scripts that are written without spaces. */
function countWords(text: string, table: FeatureTable): boolean {
  let hash = WORD_BASIS;
  let isOpen = false;
  let hasUnspaced = false;
  for (let index = 0; index <= text.length; index++) {
    const unit = index < text.length ? text.charCodeAt(index) : BLANK;
    const kind = wordClass(unit);
    if (kind === WORD) {
      hash = hashUnit(isOpen ? hash : WORD_BASIS, unit);
      isOpen = true;
    } else {
      if (isOpen) table.count(finishHash(hash));
      isOpen = false;
      hasUnspaced ||= kind === UNSPACED;
    }
  }
  return hasUnspaced;
}

/** In unspaced scripts each two neighbours are a word, and so is a character without such a neighbour. */
function countPairs(text: string, table: FeatureTable): void {
  let run = 0;
  for (let index = 0; index <= text.length; index++) {
    const isUnspaced = index < text.length && wordClass(text.charCodeAt(index)) === UNSPACED;
    if (isUnspaced && run > 0) countPair(text, index - 1, table);
    if (!isUnspaced && run === 1) table.count(finishHash(hashUnit(WORD_BASIS, text.charCodeAt(index - 1))));
    run = isUnspaced ? run + 1 : 0;
  }
}

function countPair(text: string, index: number, table: FeatureTable): void {
  const first = hashUnit(WORD_BASIS, text.charCodeAt(index));
  table.count(finishHash(hashUnit(first, text.charCodeAt(index + 1))));
}

/** Each four neighbouring UTF-16 units, with one space for every run of separators and one at either end. */
function countGrams(text: string, table: FeatureTable): void {
  let first = 0;
  let second = 0;
  let third = BLANK;
  let known = 1;
  for (let index = 0; index <= text.length; index++) {
    const read = index < text.length ? text.charCodeAt(index) : BLANK;
    const unit = wordClass(read) === SEPARATOR ? BLANK : read;
    if (unit === BLANK && third === BLANK) continue;
    known++;
    if (known >= 4) {
      const hash = hashUnit(hashUnit(hashUnit(hashUnit(GRAM_BASIS, first), second), third), unit);
      table.count(finishHash(hash));
    }
    first = second;
    second = third;
    third = unit;
  }
}
