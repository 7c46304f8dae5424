/** Documents and items as they are with another model's vectors. */
import { ClassedError } from "@millrace/core";
import type { IndexedDocument } from "../ports/collections.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { CollectionItem } from "../ports/items.ts";
import { pipelineWith, type StoredDocument, type StoredItem } from "../ports/swap.ts";
import { passageId } from "./indexed-document.ts";

/** A new version of a collection, as what goes into it is made. */
export interface NewVersion {
  /** Its own name: ids of passages come from it, for both versions stand beside each other. */
  readonly name: string;
  readonly oldModel: string;
  readonly embedder: Embedder;
  readonly signal: AbortSignal;
}

/** The document with new vectors. @throws what the embedder throws. */
export async function reembeddedDocument(
  document: StoredDocument,
  { name, oldModel, embedder, signal }: NewVersion,
): Promise<IndexedDocument> {
  const { source, pipeline, passages } = document;
  let cached = 0;
  const onCached = (count: number): void => {
    cached += count;
  };
  const vectors = await embedder.embed(
    passages.map(({ text }) => text),
    { signal, onCached },
  );
  const { lineage } = document;
  return {
    ...document,
    ...(lineage === undefined ? {} : { lineage: { ...lineage, model: embedder.model } }),
    cached,
    ...(document.lineage === undefined ? {} : { lineage: { ...document.lineage, model: embedder.model } }),
    pipeline: pipelineWith(pipeline, { old: oldModel, now: embedder.model }),
    passages: passages.map((passage, index) => {
      const vector = vectors[index];
      if (vector === undefined)
        throw new TypeError(`the embedder gave ${vectors.length} of ${passages.length} vectors`);
      return { ...passage, id: passageId(name, source, passage), vector };
    }),
  };
}

/** The items with new vectors. @throws ClassedError `validation`, reason `no-text`; what the embedder throws. */
export async function reembeddedItems(
  items: readonly StoredItem[],
  { embedder, signal }: NewVersion,
): Promise<readonly CollectionItem[]> {
  const texts = items.map(textOf);
  const vectors = await embedder.embed(texts, { signal });
  return items.map((item, index) => {
    const embedding = vectors[index];
    if (embedding === undefined)
      throw new TypeError(`the embedder gave ${vectors.length} of ${items.length} vectors`);
    return { ...item, embedding };
  });
}

function textOf({ id, text }: StoredItem): string {
  if (text !== undefined) return text;
  throw new ClassedError(
    "validation",
    "no-text",
    `item ${JSON.stringify(id)} has a vector and no text, so no other model can embed it: remove it, or put it in with its text`,
  );
}
