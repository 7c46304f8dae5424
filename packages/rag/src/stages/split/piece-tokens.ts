/** Counts the cl100k_base tokens of one piece: exactly by gpt-tokenizer when short, by its bytes when long. */

import { createRequire } from "node:module";
import type { GptEncoding } from "gpt-tokenizer/GptEncoding";
import { bytesAt, unitsAt } from "./character-class.ts";
import { CACHED_UNITS, cachedTokens, cacheTokens } from "./piece-cache.ts";

/**
 * Pieces with more UTF-16 units than this count as their UTF-8 bytes. That is an upper bound, since every token covers
 * at least one byte, and it keeps byte-pair merging (quadratic in the piece) at a constant cost per character.
 */
export const EXACT_PIECE_UNITS = 128;

const LONG_PIECES = 4_096;
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

let encoding: GptEncoding | undefined;
let longPieces = new Map<string, number>();

/** Tokens of the piece `text[start, end)`, or an upper bound past {@link EXACT_PIECE_UNITS}. */
export function pieceTokens(text: string, start: number, end: number): number {
  const length = end - start;
  if (length === 1 && text.charCodeAt(start) < 0x80) return 1;
  if (length > EXACT_PIECE_UNITS) return utf8Bytes(text, start, end);
  if (length > CACHED_UNITS) return longPieceTokens(text.slice(start, end));
  const known = cachedTokens(text, start, end);
  if (known > 0) return known;
  const piece = text.slice(start, end);
  const tokens = tokenizer().countTokens(piece, PLAIN_TEXT);
  cacheTokens(piece, tokens);
  return tokens;
}

function longPieceTokens(piece: string): number {
  const known = longPieces.get(piece);
  if (known !== undefined) return known;
  if (longPieces.size >= LONG_PIECES) longPieces = new Map();
  const tokens = tokenizer().countTokens(piece, PLAIN_TEXT);
  longPieces.set(detached(piece), tokens);
  return tokens;
}

/** A copy that does not keep the text alive it was sliced from. */
function detached(piece: string): string {
  return Buffer.from(piece, "utf16le").toString("utf16le");
}

/** Loads the tokenizer, unless it is there: 0.3 s that the first piece would wait for. */
export function prepareTokens(): void {
  tokenizer();
}

function tokenizer(): GptEncoding {
  encoding ??= loadTokenizer();
  return encoding;
}

/**
 * An encoding of our own, without the library's cache: it would keep whole texts alive. Loaded on first use, since that
 * takes 0.3 s and 40 MB, and most commands never count a token; `require`, since a splitter does not wait.
 */
function loadTokenizer(): GptEncoding {
  const require = createRequire(import.meta.url);
  const library: typeof import("gpt-tokenizer/GptEncoding") = require("gpt-tokenizer/GptEncoding");
  const ranks: typeof import("gpt-tokenizer/bpeRanks/cl100k_base") = require("gpt-tokenizer/bpeRanks/cl100k_base");
  const made = library.GptEncoding.getEncodingApi("cl100k_base", () => ranks.default);
  made.setMergeCacheSize(0);
  return made;
}

function utf8Bytes(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let index = start; index < end; index += unitsAt(text, index, end)) bytes += bytesAt(text, index, end);
  return bytes;
}
