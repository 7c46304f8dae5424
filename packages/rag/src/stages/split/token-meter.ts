/** Measures a growing stretch of text in cl100k_base tokens, reading each character about once. */

import { pieceTokens } from "./piece-tokens.ts";
import { pieceEnd } from "./token-piece.ts";

/**
 * Open it at a start, measure up to ever later ends, accept the ends to keep.
 *
 * A longer stretch changes only the last piece of the shorter one, as long as ends don't follow white space and don't
 * cut a surrogate pair; so measuring goes on from there. The start must not be white space for the same reason.
 */
export class TokenMeter {
  readonly #text: string;
  #resumeAt = 0;
  #tokensBefore = 0;
  #lastPiece = 0;
  #tokensToLast = 0;

  constructor(text: string) {
    this.#text = text;
  }

  open(start: number): void {
    this.#resumeAt = start;
    this.#tokensBefore = 0;
    this.#lastPiece = start;
    this.#tokensToLast = 0;
  }

  /** Tokens from the start to `end` (exact, or an upper bound); above `limit` it stops early at some number above it. */
  measure(end: number, limit: number): number {
    let index = this.#resumeAt;
    let tokens = this.#tokensBefore;
    while (index < end && tokens <= limit) {
      const next = pieceEnd(this.#text, index, end);
      this.#lastPiece = index;
      this.#tokensToLast = tokens;
      tokens += pieceTokens(this.#text, index, next);
      index = next;
    }
    return tokens;
  }

  /** Keeps the stretch last measured, which must have stayed within its limit: the next one grows from it. */
  accept(): void {
    this.#resumeAt = this.#lastPiece;
    this.#tokensBefore = this.#tokensToLast;
  }
}

/** Tokens of a whole text, as passages count them. */
export function countTokens(text: string): number {
  const meter = new TokenMeter(text);
  meter.open(0);
  return meter.measure(text.length, Number.POSITIVE_INFINITY);
}
