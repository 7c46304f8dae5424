/** Documents and items of the tests of collections. */
import { createHash } from "node:crypto";
import type { CollectionItem, IndexedDocument, Metadata } from "@millrace/rag";

/** A document of one page and one passage per text. */
export function documentOf(
  source: string,
  passages: readonly { readonly text: string; readonly vector: readonly number[] }[],
  metadata?: Metadata,
): IndexedDocument {
  return {
    source,
    hash: `hash of ${source}`,
    pipeline: "extractor splitter model",
    format: "text",
    engine: "text",
    bytes: 1,
    extractMs: 1,
    lineage: {
      run: null,
      extractor: "text@1",
      engineVersion: "1",
      fallbacks: [],
      isReused: false,
      splitter: "splitter",
      model: "model",
      tokens: 3,
      ms: { validate: 1, extract: 1, split: 1, embed: 1 },
    },
    pages: [{ number: 1, text: passages.map(({ text }) => text).join("\n") }],
    passages: passages.map(({ text, vector }, ordinal) => ({
      id: idOf(source, ordinal),
      ordinal,
      pageStart: 1,
      pageEnd: 1,
      start: 0,
      end: text.length,
      headingPath: ["Top"],
      tokens: 3,
      text,
      vector: Float32Array.from(vector),
    })),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** The id of a sample's passage. */
export function idOf(source: string, ordinal: number): string {
  const hex = createHash("sha256").update(`${source} ${ordinal}`).digest("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
}

/** An item. */
export function itemOf(
  id: string,
  embedding: readonly number[],
  rest: Partial<CollectionItem> = {},
): CollectionItem {
  return { id, embedding, ...rest };
}
