/** Writes outputs as items of a collection, in the transaction that commits the ledger. */
import { ClassedError, MillraceError, type Writer } from "@millrace/core";
import type { Collections } from "../ports/collections.ts";
import type { CollectionItem } from "../ports/items.ts";

/** Where outputs go. */
export interface CollectionWriterOptions {
  readonly collections: Pick<Collections, "upsertItems">;
  /** The collection's name; it has to be there. */
  readonly collection: string;
}

/**
 * A writer of vectors with id, text and metadata into a collection. An item of an id that is there takes its place, of
 * several in one write the last, so that writing again changes nothing; where collections and ledger are in one database,
 * both commit together. An item that the collection cannot take, as one of other dimensions, fails alone with class
 * validation.
 */
export function collectionWriter({
  collections,
  collection,
}: CollectionWriterOptions): Writer<CollectionItem> {
  return {
    write: async (outputs, { transaction }) => {
      try {
        await collections.upsertItems(collection, outputs, transaction);
      } catch (error) {
        throw asItemFailure(error);
      }
    },
  };
}

/** What is wrong with items is so however often it is tried. */
function asItemFailure(error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error;
  const items: unknown = error.details["items"];
  if (!Array.isArray(items) || items.length === 0) return error;
  const [{ reason }] = items as [{ readonly reason: unknown }]; // as checkedItems names them
  return new ClassedError("validation", String(reason), error.message, error);
}
