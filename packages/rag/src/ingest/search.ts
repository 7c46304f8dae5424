/** Asking a collection a question in words. */
import { MillraceError } from "@millrace/core";
import type { Collections, SearchHit } from "../ports/collections.ts";
import type { Embedder } from "../ports/embedder.ts";

/** The passages nearest to a text. @throws MillraceError `not-found`, `bad-input` for an empty query, `collection-mismatch`. */
export async function searchCollection(
  tools: { readonly collections: Collections; readonly embedder: Embedder },
  query: { readonly collection: string; readonly text: string; readonly limit: number },
): Promise<readonly SearchHit[]> {
  if (query.text.trim() === "") throw new MillraceError("bad-input", "the search text is empty");
  const collection = await tools.collections.get(query.collection);
  if (collection === undefined) {
    throw new MillraceError("not-found", `there is no collection "${query.collection}" in this store`);
  }
  if (collection.model !== tools.embedder.model) {
    throw new MillraceError(
      "collection-mismatch",
      `collection "${query.collection}" was embedded by ${collection.model}; this search would use ${tools.embedder.model}`,
    );
  }
  const [vector] = await tools.embedder.embed([query.text], { signal: new AbortController().signal });
  if (vector === undefined) throw new TypeError("the embedder gave no vector");
  return tools.collections.search(query.collection, vector, query.limit);
}
