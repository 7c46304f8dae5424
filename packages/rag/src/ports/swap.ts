/** Swapping a collection for a version of it that another model made. */
import type { Collection, CollectionShape, IndexedDocument, IndexedPassage } from "./collections.ts";
import type { Metadata } from "./search.ts";

/** A document as it is kept, but for its vectors. */
export interface StoredDocument extends Omit<IndexedDocument, "passages"> {
  readonly passages: readonly Omit<IndexedPassage, "vector">[];
}

/** An item as it is kept, but for its vector. */
export interface StoredItem {
  readonly id: string;
  readonly text: string | undefined;
  readonly metadata: Metadata | undefined;
}

/** Where a page of a list begins, and how long it is. */
export interface PageFrom {
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * The verbs of a swap: the new version is filled under a name of its own while the old one is searched and written, and
 * takes its name in one step. Until then the old one is as it was.
 */
export interface CollectionSwaps {
  /**
   * Makes the new version, or gives the one begun before for the same model; one for another model is dropped. Gives the
   * name under which it is written.
   * @throws MillraceError `not-found`; `bad-input` where the collection is of this model already.
   */
  beginSwap(shape: Pick<CollectionShape, "name" | "model" | "dimensions">): Promise<string>;
  /** The new version of a collection, as far as it is; `undefined` where none was begun. */
  swapOf(name: string): Promise<Collection | undefined>;
  /** Sources of documents that the new version lacks, or has of an older content; in UTF-8 order. */
  documentsBehind(name: string, page: PageFrom): Promise<readonly string[]>;
  /** Items that the new version lacks, or has with another text or metadata; in the order of ids. */
  itemsBehind(name: string, page: PageFrom): Promise<readonly StoredItem[]>;
  /** A document of a collection; `undefined` where there is none of that source. */
  storedDocument(collection: string, source: string): Promise<StoredDocument | undefined>;
  /**
   * Gives the new version the collection's name and drops the old one, where the new one has all that the old one has:
   * writers are kept out while this is looked at. Else changes nothing but removes from the new version what the old one
   * no longer has. A search sees one of the two, whole.
   * @throws MillraceError `not-found` where no swap was begun.
   */
  finishSwap(name: string): Promise<"switched" | "behind">;
  /** Drops the new version; whether there was one. */
  abandonSwap(name: string): Promise<boolean>;
}

/** How a document's pipeline reads with another model at its end. */
export function pipelineWith(
  pipeline: string,
  models: { readonly old: string; readonly now: string },
): string {
  const end = ` ${models.old}`;
  return pipeline.endsWith(end) ? `${pipeline.slice(0, -models.old.length)}${models.now}` : pipeline;
}
