/** The second engine: PDFium compiled to WebAssembly, whose crashes are traps and whose build differs from the first. */
import { readFile } from "node:fs/promises";
import { type PDFiumDocument, PDFiumLibrary } from "@hyzyla/pdfium";
import { cleanText } from "../clean-text.ts";
import type { Engine } from "./engine.ts";

/** Reads pages as plain text. */
export async function pdfiumEngine(): Promise<Engine> {
  const library = await PDFiumLibrary.init();
  return {
    read: ({ path, from, to }) =>
      withDocument(library, path, (document) => {
        const totalPages = document.getPageCount();
        const pages = [];
        for (let number = from; number <= Math.min(to, totalPages); number++) {
          pages.push({ number, text: cleanText(document.getPage(number - 1).getText()) });
        }
        return { totalPages, pages };
      }),
    count: (path) => withDocument(library, path, (document) => document.getPageCount()),
  };
}

async function withDocument<Result>(
  library: PDFiumLibrary,
  path: string,
  use: (document: PDFiumDocument) => Result,
): Promise<Result> {
  const document = await library.loadDocument(await readFile(path));
  try {
    return use(document);
  } finally {
    document.destroy();
  }
}
