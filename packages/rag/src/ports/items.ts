/** Items of a collection: vectors that come from elsewhere, under ids of the caller's own. */
import type { Metadata } from "./search.ts";

/** One item. */
export interface CollectionItem {
  /** 1 … 1,000 characters; an item of the same id is replaced. */
  readonly id: string;
  /** Of the collection's dimensions, finite numbers. */
  readonly embedding: Float32Array | readonly number[];
  /** Found by its words; at most 200,000 characters. */
  readonly text?: string | undefined;
  /** Filtered by; a JSON object. */
  readonly metadata?: Metadata | undefined;
}

/** What an upsert did. */
export interface UpsertResult {
  readonly inserted: number;
  /** Items that took the place of one with the same id that was there before. */
  readonly updated: number;
  /** Ids that were given more than once: the last of each was written, the others count nowhere. */
  readonly duplicates: readonly string[];
}
