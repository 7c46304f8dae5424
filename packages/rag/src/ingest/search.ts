/** Asking a collection a question in words. */
import { MillraceError } from "@millrace/core";
import type { Collections } from "../ports/collections.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { SearchHit, SearchQuery } from "../ports/search.ts";
import { notFound, otherModel } from "../search/other-shape.ts";

/** A question: what to look for, and in which collection. */
export interface CollectionQuestion extends Omit<SearchQuery, "vector" | "text"> {
  readonly collection: string;
  readonly text: string;
}

/**
 * What fits a text best. The embedder is asked only where the mode needs a vector.
 * @throws MillraceError `not-found`, `bad-input` for an empty text or a limit out of bounds, `collection-mismatch`.
 */
export async function searchCollection(
  tools: { readonly collections: Collections; readonly embedder: Embedder },
  { collection, ...query }: CollectionQuestion,
): Promise<readonly SearchHit[]> {
  if (query.text.trim() === "") throw new MillraceError("bad-input", "the search text is empty");
  const shape = await tools.collections.shape(collection);
  if (shape === undefined) throw notFound(collection);
  if (query.mode === "text") return tools.collections.search(collection, query);
  if (shape.model !== tools.embedder.model) throw otherModel(shape, tools.embedder.model);
  const [vector] = await tools.embedder.embed([query.text], { signal: new AbortController().signal });
  if (vector === undefined) throw new TypeError("the embedder gave no vector");
  return tools.collections.search(collection, { ...query, vector, model: tools.embedder.model });
}
