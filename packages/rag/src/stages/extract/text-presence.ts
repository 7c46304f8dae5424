/** Whether a document holds text at all, or pictures of it. */
import type { ExtractedPage } from "../../ports/extractor.ts";

/** Fewer letters and digits a page than this, on average, are page numbers and specks. */
const LETTERS_PER_PAGE = 4;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/gu;

/** False for a scan: no letters and digits, or over several pages hardly any. */
export function hasText(pages: readonly ExtractedPage[]): boolean {
  const wanted = pages.length === 1 ? 1 : pages.length * LETTERS_PER_PAGE;
  let found = 0;
  for (const { text } of pages) {
    found += text.match(LETTER_OR_DIGIT)?.length ?? 0;
    if (found >= wanted) return true;
  }
  return false;
}
