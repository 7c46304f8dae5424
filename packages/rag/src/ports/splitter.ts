/** The port of splitting: pages of text in, passages with exact offsets out. */

/** How a document's text is marked up. `pdf` is what extraction writes: Markdown, one text per page. */
export type TextFormat = "pdf" | "markdown" | "text";

/** One page of a document. Plain text and Markdown files are one page, number 1. */
export interface PageText {
  readonly number: number;
  readonly text: string;
}

/** A piece of one page's text, small enough to embed. */
export interface Passage {
  /** Place in the document, from 0, without gaps. */
  readonly ordinal: number;
  /** Page it starts on. Passages never cross a page today, so it equals {@link Passage.pageEnd}. */
  readonly pageStart: number;
  /** Page it ends on. */
  readonly pageEnd: number;
  /** UTF-16 offset into the page's text: `pageText.slice(start, end) === text`. */
  readonly start: number;
  /** UTF-16 offset into the page's text, exclusive. */
  readonly end: number;
  /** Never empty, never starts or ends with white space. */
  readonly text: string;
  /** Headings its first words stand under, outermost first (0…6 entries); a heading it opens with is included. */
  readonly headingPath: readonly string[];
  /** Tokens in `text`: exact, or an upper bound where the splitter says so. Never above its cap. */
  readonly tokens: number;
}

/**
 * Splits one document. Passages come in reading order; each character that is not white space is in exactly one of
 * them. The same pages and the same {@link Splitter.version} always give the same passages.
 */
export interface Splitter {
  /** Names the method and everything that changes its result, to be part of a pipeline's version. */
  readonly version: string;
  /**
   * Reads pages and yields passages lazily. Headings carry over from page to page within one call, so a document that
   * arrives in windows of pages is still one call.
   */
  split(pages: Iterable<PageText>, format: TextFormat): Iterable<Passage>;
}
