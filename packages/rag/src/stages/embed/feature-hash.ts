/**
 * The fixed hash of hash-lexical-v1. Stored vectors depend on it, so it never changes (test vectors beside this file).
 *
 * It is FNV-1a over UTF-16 code units in place of bytes (`h = (h xor unit) · 16777619 mod 2^32`), started from a basis
 * of its own for each kind of feature, and finished with `fmix32` of MurmurHash3.
 */

const FNV_PRIME = 0x01000193;

/** Where the hash of a word starts (FNV's offset basis). */
export const WORD_BASIS = 0x811c9dc5;
/** Where the hash of a character 4-gram starts (the golden ratio, 2^32 / φ). */
export const GRAM_BASIS = 0x9e3779b9;

/** Takes in one code unit. Signed 32-bit in and out. */
export function hashUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, FNV_PRIME);
}

/** Spreads every bit over the whole hash (MurmurHash3's fmix32). Signed 32-bit. */
export function finishHash(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Hash of a whole feature. Signed 32-bit. */
export function hashFeature(basis: number, feature: string): number {
  let hash = basis;
  for (let index = 0; index < feature.length; index++) hash = hashUnit(hash, feature.charCodeAt(index));
  return finishHash(hash);
}
