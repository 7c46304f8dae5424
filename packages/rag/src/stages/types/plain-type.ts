/** Types of files that are text already: read in this process, as one page. */
import type { DocumentKind, DocumentType } from "../../ports/document-type.ts";
import type { TextFormat } from "../../ports/splitter.ts";
import { readTextFile } from "../extract/text-file.ts";

/** Raised whenever such a file would be read otherwise. */
const RELEASE = "1";

/** The type. Its text is not kept: reading the file again costs no more. */
export function plainType(
  kind: DocumentKind,
  how: { readonly markup: TextFormat; readonly maxBytes: number },
): DocumentType {
  return {
    ...kind,
    version: `${kind.format}/${RELEASE}`,
    isKept: false,
    extract: async (file, { signal, onPages }) => {
      const startedAt = performance.now();
      const text = await readTextFile(file, { signal, maxBytes: how.maxBytes });
      onPages?.(1);
      return {
        pages: [{ number: 1, text }],
        engine: kind.format,
        engineVersion: RELEASE,
        fallbacks: [],
        format: kind.format,
        markup: how.markup,
        ms: performance.now() - startedAt,
      };
    },
  };
}
