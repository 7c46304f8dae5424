/** The first engine: native PDFium, and liteparse's layout of a page as blocks, printed as Markdown. */
import { LiteParse, type LiteParseConfig, type ParsedPage } from "@llamaindex/liteparse";
import { cleanText } from "../clean-text.ts";
import { blockMarkdown } from "./block-markdown.ts";
import type { Engine } from "./engine.ts";

/** Past every page limit: the library's own default of 1,000 would cut documents short without a word. */
const NO_PAGE_CAP = 1_000_000;

/**
 * Text with blocks, not Markdown: what its Markdown mode prints are these blocks, but it also hands over a box for
 * every word, and turning those into JavaScript objects costs a third of all processor time.
 */
const SETTINGS: Partial<LiteParseConfig> = Object.freeze({
  outputFormat: "text",
  extractBlocks: true,
  ocrEnabled: false,
  imageMode: "off",
  quiet: true,
  numWorkers: 1,
  maxPages: NO_PAGE_CAP,
});

/** Reads pages as Markdown; a page's plain text where it holds no block to print. */
export function liteparseEngine(): Engine {
  return {
    async read({ path, from, to }) {
      const result = await new LiteParse({ ...SETTINGS, targetPages: `${from}-${to}` }).parse(path);
      const pages = result.pages.map((page) => ({ number: page.pageNum, text: pageText(page) }));
      return { totalPages: result.totalPages, pages };
    },
    // A page no document has: the file is opened and counted, and nothing is parsed.
    async count(path) {
      const probe = new LiteParse({ ...SETTINGS, targetPages: String(NO_PAGE_CAP) });
      return (await probe.parse(path)).totalPages;
    },
  };
}

function pageText({ blocks = [], text }: ParsedPage): string {
  const markdown = blockMarkdown(blocks);
  return cleanText(markdown.trim() === "" ? text : markdown);
}
