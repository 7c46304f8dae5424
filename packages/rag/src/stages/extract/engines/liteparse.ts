/** The first engine: native PDFium, and liteparse's layout of a page as blocks, printed as Markdown. */
import { readFile } from "node:fs/promises";
import { LiteParse, type LiteParseConfig, type ParsedPage } from "@llamaindex/liteparse";
import { cleanText } from "../clean-text.ts";
import { blockMarkdown } from "./block-markdown.ts";
import type { Engine } from "./engine.ts";
import { sidewaysText } from "./sideways-text.ts";

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
      const parser = new LiteParse({ ...SETTINGS, targetPages: `${from}-${to}` });
      const result = await parser.parse(await inputOf(path));
      const pages = result.pages.map((page) => ({ number: page.pageNum, text: pageText(page) }));
      return { totalPages: result.totalPages, pages };
    },
    // A page no document has: the file is opened and counted, and nothing is parsed.
    async count(path) {
      const probe = new LiteParse({ ...SETTINGS, targetPages: String(NO_PAGE_CAP) });
      return (await probe.parse(await inputOf(path))).totalPages;
    },
  };
}

/** Liteparse goes by the name of a file, where validation went by its bytes; of bytes it sees that they are a PDF. */
async function inputOf(path: string): Promise<string | Buffer> {
  return /\.pdf$/i.test(path) ? path : readFile(path);
}

function pageText({ blocks = [], text, textItems }: ParsedPage): string {
  const markdown = blockMarkdown(blocks);
  if (markdown.trim() === "") return cleanText(text);
  const sideways = sidewaysText(textItems, markdown);
  return cleanText(sideways === "" ? markdown : `${markdown}\n\n${sideways}`);
}
