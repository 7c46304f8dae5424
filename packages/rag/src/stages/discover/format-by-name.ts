/** Which kinds of documents there are, by file name. */
import { extname } from "node:path";
import type { DocumentFormat } from "../../ports/extractor.ts";

const FORMAT_OF_EXTENSION: ReadonlyMap<string, DocumentFormat> = new Map([
  [".pdf", "pdf"],
  [".txt", "text"],
  [".text", "text"],
  [".md", "markdown"],
  [".markdown", "markdown"],
]);

/** The format a file's extension stands for, in either case of letters; `undefined` for every other name. */
export function formatByName(path: string): DocumentFormat | undefined {
  return FORMAT_OF_EXTENSION.get(extname(path).toLowerCase());
}
