/** Guesses how many passages and tokens a document will make, from what is known without parsing it. */
import type { DocumentVersion } from "../ports/collections.ts";

/** Tokens a byte of a file makes, by format: words are about four bytes, markup and packing come on top. */
const TOKENS_PER_BYTE: Readonly<Record<string, number>> = {
  text: 0.25,
  markdown: 0.25,
  html: 0.1,
  docx: 0.15,
};
const TOKENS_PER_BYTE_ELSE = 0.2;
/** On a page of a document that has pages. */
const TOKENS_PER_PAGE = 600;
/** In a passage that the splitter makes of ordinary text with its own sizes. */
const TOKENS_PER_PASSAGE = 260;

/** What a guess goes by. */
export interface Guessed {
  readonly format: string;
  readonly bytes: number;
  readonly pages: number;
  /** Whether its type has pages, rather than one for all. */
  readonly isPaged: boolean;
}

/** The guess. */
export interface Estimate {
  readonly passages: number;
  readonly tokens: number;
}

/**
 * Learns from documents a collection already has how many passages a page makes there, and guesses by that; by
 * averages of ordinary documents until it has seen some. Passages never cross a page, so there is at least one a page.
 */
export class Estimator {
  readonly #seen = new Map<string, { pages: number; passages: number; bytes: number }>();

  /** Takes a document the collection has, whose file has so many bytes. */
  learn(
    format: string,
    bytes: number,
    { pages, passages }: Pick<DocumentVersion, "pages" | "passages">,
  ): void {
    const seen = this.#seen.get(format) ?? { pages: 0, passages: 0, bytes: 0 };
    this.#seen.set(format, {
      pages: seen.pages + pages,
      passages: seen.passages + passages,
      bytes: seen.bytes + bytes,
    });
  }

  /** The guess for one document. */
  estimate(document: Guessed): Estimate {
    const passages = Math.max(document.pages, Math.round(this.#passages(document)), 1);
    return { passages, tokens: Math.round(passages * TOKENS_PER_PASSAGE) };
  }

  #passages({ format, bytes, pages, isPaged }: Guessed): number {
    const seen = this.#seen.get(format);
    if (seen !== undefined && isPaged && seen.pages > 0) return pages * (seen.passages / seen.pages);
    if (seen !== undefined && !isPaged && seen.bytes > 0) return bytes * (seen.passages / seen.bytes);
    const tokens = isPaged
      ? pages * TOKENS_PER_PAGE
      : bytes * (TOKENS_PER_BYTE[format] ?? TOKENS_PER_BYTE_ELSE);
    return tokens / TOKENS_PER_PASSAGE;
  }
}
