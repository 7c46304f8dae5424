/** The last engine: PDF.js, which rebuilds broken cross-reference tables where PDFium gives up. */
import { readFile } from "node:fs/promises";
import { getDocumentProxy } from "unpdf";
import { cleanText } from "../clean-text.ts";
import type { Engine } from "./engine.ts";

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

/** Reads pages as plain text. */
export function unpdfEngine(): Engine {
  return {
    read: ({ path, from, to }) =>
      withDocument(path, async (document) => {
        const pages = [];
        for (let number = from; number <= Math.min(to, document.numPages); number++) {
          pages.push({ number, text: cleanText(await readPage(document, number)) });
        }
        return { totalPages: document.numPages, pages };
      }),
    count: (path) => withDocument(path, async (document) => document.numPages),
  };
}

/** Errors only: PDF.js otherwise prints a line for every oddity. */
const QUIET = 0;

async function withDocument<Result>(
  path: string,
  use: (document: PdfDocument) => Promise<Result>,
): Promise<Result> {
  const document = await getDocumentProxy(new Uint8Array(await readFile(path)), { verbosity: QUIET });
  try {
    return await use(document);
  } finally {
    await document.loadingTask.destroy();
  }
}

async function readPage(document: PdfDocument, number: number): Promise<string> {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup();
  return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
}
