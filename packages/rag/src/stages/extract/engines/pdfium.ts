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

/** A page, and how large another library takes it to be. */
interface PagePlace {
  readonly number: number;
  readonly width: number;
  readonly height: number;
}

let shared: Promise<PDFiumLibrary> | undefined;

/** The plain text of those of these pages that are shown turned by a quarter: wide where they were taken to be high. */
export async function turnedPages(
  path: string,
  places: readonly PagePlace[],
): Promise<ReadonlyMap<number, string>> {
  if (places.length === 0) return new Map();
  shared ??= PDFiumLibrary.init();
  return withDocument(await shared, path, (document) => {
    const texts = places.flatMap((place): [number, string][] => {
      const page = document.getPage(place.number - 1);
      const { originalWidth, originalHeight } = page.getOriginalSize();
      const isTurned = isNear(originalWidth, place.height) && isNear(originalHeight, place.width);
      const isSquare = isNear(place.width, place.height);
      return isTurned && !isSquare ? [[place.number, cleanText(page.getText())]] : [];
    });
    return new Map(texts);
  });
}

/** Sizes are rounded in different ways. */
function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) < 2;
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
