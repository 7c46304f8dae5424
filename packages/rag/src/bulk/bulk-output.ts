/** What bulk items are written as, and how that is counted. */
import type { Transaction } from "@millrace/core";
import type { CollectionItem } from "../ports/items.ts";
import type { BulkCollections } from "./bulk-options.ts";

/** An item to be written, and whether there is none of its id yet. */
export interface BulkOutput {
  readonly item: CollectionItem;
  readonly isNew: boolean;
}

/** Writes a chunk's items, all or none. */
export async function writeItems(
  collections: BulkCollections,
  collection: string,
  {
    outputs,
    transaction,
  }: { readonly outputs: readonly BulkOutput[]; readonly transaction: Transaction | undefined },
): Promise<void> {
  await collections.upsertItems(
    collection,
    outputs.map(({ item }) => item),
    transaction,
  );
}

/** Counters of a step: `inserted` and `updated`, as the collection was when their chunk began. */
export function tallyOf({ isNew }: BulkOutput): Readonly<Record<string, number>> {
  return isNew ? { inserted: 1 } : { updated: 1 };
}
