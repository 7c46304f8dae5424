/** The first engine: native PDFium with layout reconstructed as Markdown. */
import { LiteParse, type LiteParseConfig } from "@llamaindex/liteparse";
import { cleanText } from "../clean-text.ts";
import type { Engine } from "./engine.ts";

/** Past every page limit: the library's own default of 1,000 would cut documents short without a word. */
const NO_PAGE_CAP = 1_000_000;

const SETTINGS: Partial<LiteParseConfig> = Object.freeze({
  outputFormat: "markdown",
  ocrEnabled: false,
  imageMode: "off",
  quiet: true,
  numWorkers: 1,
  maxPages: NO_PAGE_CAP,
});

/** Reads pages as Markdown; a page's plain text where the Markdown of a page came out empty. */
export function liteparseEngine(): Engine {
  return {
    async read({ path, from, to }) {
      const result = await new LiteParse({ ...SETTINGS, targetPages: `${from}-${to}` }).parse(path);
      const pages = result.pages.map((page) => ({
        number: page.pageNum,
        text: pageText(page.markdown, page.text),
      }));
      return { totalPages: result.totalPages, pages };
    },
    // A page no document has: the file is opened and counted, and nothing is parsed.
    async count(path) {
      const probe = new LiteParse({ ...SETTINGS, targetPages: String(NO_PAGE_CAP) });
      return (await probe.parse(path)).totalPages;
    },
  };
}

/** An empty page is printed as an empty code fence. */
const EMPTY_FENCE = /^\s*```\w*\s*```\s*$/;

function pageText(markdown: string, plain: string): string {
  const text = EMPTY_FENCE.test(markdown) ? "" : markdown;
  return cleanText(text.trim() === "" ? plain : text);
}
