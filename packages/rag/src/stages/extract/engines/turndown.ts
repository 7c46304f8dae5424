/** The engine for HTML: a page's words and structure as Markdown. */
import { readFile } from "node:fs/promises";
import { cleanText } from "../clean-text.ts";
import type { Engine } from "./engine.ts";
import { decodeHtml } from "./html-encoding.ts";
import { htmlToMarkdown } from "./html-markdown.ts";
import { refuseOvergrownTags } from "./html-tags.ts";
import { onePage } from "./one-page.ts";

/** Reads a page as it is in the file: no script runs, nothing is fetched. */
export function turndownEngine(): Engine {
  return {
    read: async ({ path }) => {
      const page = cleanText(decodeHtml(await readFile(path)));
      refuseOvergrownTags(page);
      return onePage(htmlToMarkdown(page));
    },
    count: async () => 1,
  };
}
