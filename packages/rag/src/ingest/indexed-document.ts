/** From an extracted file to what a collection keeps: passages with vectors and ids that never change by chance. */
import { setImmediate } from "node:timers/promises";
import { v5 } from "uuid";
import type { IndexedDocument } from "../ports/collections.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { ExtractedDocument } from "../ports/extractor.ts";
import type { Lineage } from "../ports/lineage.ts";
import type { Passage, Splitter } from "../ports/splitter.ts";

/** Names passages apart from every other use of UUIDv5; fixed for ever. */
const PASSAGE_NAMESPACE = "5b0e7c52-6f0e-5d7b-9a53-2f6a1f2c9d41";

/** Passages made before other work of the process gets its turn. */
const SLICE = 256;

/** A file that was read, and under which versions. */
export interface ReadDocument {
  readonly collection: string;
  readonly source: string;
  readonly hash: string;
  readonly pipeline: string;
  readonly bytes: number;
  readonly extracted: ExtractedDocument;
  readonly validateMs: number;
  readonly lineage: Pick<Lineage, "run" | "extractor" | "isReused">;
}

/** Splits and embeds a document. @throws what the embedder throws. */
export async function indexDocument(
  document: ReadDocument,
  tools: { readonly splitter: Splitter; readonly embedder: Embedder; readonly signal: AbortSignal },
): Promise<IndexedDocument> {
  const { extracted, collection, source, hash, pipeline, bytes } = document;
  const startedAt = performance.now();
  const passages = await splitInSlices(tools.splitter, extracted);
  const splitAt = performance.now();
  let cached = 0;
  const vectors = await tools.embedder.embed(
    passages.map((passage) => passage.text),
    {
      signal: tools.signal,
      onCached: (count) => {
        cached += count;
      },
    },
  );
  const embeddedAt = performance.now();
  return {
    source,
    hash,
    pipeline,
    bytes,
    format: extracted.format,
    engine: extracted.engine,
    extractMs: extracted.ms,
    lineage: {
      ...document.lineage,
      engineVersion: extracted.engineVersion,
      fallbacks: extracted.fallbacks,
      splitter: tools.splitter.version,
      model: tools.embedder.model,
      tokens: passages.reduce((sum, { tokens }) => sum + tokens, 0),
      ms: {
        validate: Math.round(document.validateMs),
        extract: Math.round(extracted.ms),
        split: Math.round(splitAt - startedAt),
        embed: Math.round(embeddedAt - splitAt),
      },
    },
    cached,
    pages: extracted.pages,
    passages: passages.map((passage, index) => {
      const vector = vectors[index];
      if (vector === undefined)
        throw new TypeError(`the embedder gave ${vectors.length} of ${passages.length} vectors`);
      return { id: passageId(collection, source, passage), ...passage, vector };
    }),
  };
}

/** Splits a document, letting timers run now and then: a book takes long enough to miss heartbeats. */
async function splitInSlices(splitter: Splitter, { pages, markup }: ExtractedDocument): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const passage of splitter.split(pages, markup)) {
    passages.push(passage);
    if (passages.length % SLICE === 0) await setImmediate();
  }
  return passages;
}

/** Equal for the same passage at the same place of the same source: re-ingesting writes the same rows. */
export function passageId(
  collection: string,
  source: string,
  passage: Pick<Passage, "ordinal" | "text">,
): string {
  const name = Buffer.from(JSON.stringify([collection, source, passage.ordinal, passage.text]));
  return v5(name, PASSAGE_NAMESPACE);
}
