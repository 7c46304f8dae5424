/** The engine for Word documents: DOCX to HTML, and on to Markdown. */
import { readFile } from "node:fs/promises";
import mammoth from "mammoth";
import { cleanText } from "../clean-text.ts";
import { soundParts } from "./docx-parts.ts";
import { type Engine, engineFailure, messageOf } from "./engine.ts";
import { htmlToMarkdown } from "./html-markdown.ts";
import { onePage } from "./one-page.ts";

/** Beside what mammoth knows: the title of a document is a heading. */
const STYLES = ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"];

/** Reads the text of the main part with footnotes; pictures, comments, headers and footers stay behind. */
export function mammothEngine(): Engine {
  const convertImage = mammoth.images.imgElement(async () => ({ src: "" }));
  return {
    read: async ({ path }) => {
      const buffer = await soundParts(await readFile(path));
      const options = { styleMap: STYLES, convertImage, externalFileAccess: false };
      const { value } = await mammoth.convertToHtml({ buffer }, options).catch(refused);
      return onePage(htmlToMarkdown(cleanText(value)));
    },
    count: async () => 1,
  };
}

/** What its XML reader says of broken XML ("Not implemented") helps nobody. */
function refused(error: unknown): never {
  const isDeep = error instanceof RangeError;
  const why = isDeep ? "its elements are nested too deeply" : "its XML is broken";
  throw engineFailure("malformed", isDeep ? why : `${why} (${messageOf(error)})`, error);
}
