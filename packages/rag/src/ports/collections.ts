/** Where passages and their vectors live. The composition root picks the adapter. */
import type { Transaction } from "@millrace/core";
import type { CollectionItem, UpsertResult } from "./items.ts";
import type { DocumentRecord, Lineage } from "./lineage.ts";
import type { Metadata, SearchHit, SearchQuery } from "./search.ts";
import type { PageText } from "./splitter.ts";
import type { CollectionSwaps } from "./swap.ts";

/** A collection as listed. */
export interface Collection {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  readonly documents: number;
  readonly pages: number;
  readonly passages: number;
  /** Put in with their vectors, beside the documents' passages. */
  readonly items: number;
  /** In which its texts are searched: a text search configuration of PostgreSQL. */
  readonly language: string;
  readonly createdAtMs: number;
}

/** What makes a document's passages stale: its content or how they were made. */
export interface DocumentVersion {
  /** sha256 of the file, hex. */
  readonly hash: string;
  /** Versions of extractor, splitter and model. */
  readonly pipeline: string;
  readonly pages: number;
  readonly passages: number;
}

/** A passage ready to be kept. `vector` has the collection's dimension. */
export interface IndexedPassage {
  readonly id: string;
  readonly ordinal: number;
  readonly pageStart: number;
  readonly pageEnd: number;
  readonly start: number;
  readonly end: number;
  readonly headingPath: readonly string[];
  readonly tokens: number;
  readonly text: string;
  readonly vector: Float32Array;
}

/** A document with all its passages. */
export interface IndexedDocument {
  /** Canonical path. */
  readonly source: string;
  readonly hash: string;
  readonly pipeline: string;
  readonly format: string;
  readonly engine: string;
  readonly bytes: number;
  readonly extractMs: number;
  readonly pages: readonly PageText[];
  readonly passages: readonly IndexedPassage[];
  /** How it was made, to be kept with it. */
  readonly lineage?: Lineage | undefined;
  /** Filtered by, at each of its passages. */
  readonly metadata?: Metadata | undefined;
  /** Vectors that came from the cache. */
  readonly cached?: number | undefined;
}

/** How a collection is named and embedded. */
export interface CollectionShape {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  /**
   * In which its texts are searched, as PostgreSQL names it (`english`, `german` …); words are compared by their stems
   * then. Default `simple`: words as they are. Set when the collection is made; in memory all are as `simple`.
   */
  readonly language?: string | undefined;
}

/** A collection's shape as it is. */
export interface KnownShape extends CollectionShape {
  readonly language: string;
}

/** How far the adapter's ground is prepared. */
export type Prepared = "absent" | "outdated" | "current";

/** The collections of one home. Every document's passages are replaced as one; readers never see a mixture. */
export interface Collections {
  /** Taking the place of a collection by another model's version of it. */
  readonly swaps: CollectionSwaps;
  /** Makes what the adapter needs; gives a line for people where it had to fall back to something slower. */
  prepare(): Promise<string | undefined>;
  /** What {@link Collections.prepare} would find: nothing, tables of an older version, or all it needs. Changes nothing. */
  prepared(): Promise<Prepared>;
  /** Creates the collection where it is missing. @throws MillraceError `collection-mismatch` for another model or dimension. */
  ensure(shape: CollectionShape): Promise<void>;
  list(): Promise<readonly Collection[]>;
  get(name: string): Promise<Collection | undefined>;
  /** Removes a collection with all it holds; whether there was one. */
  remove(name: string): Promise<boolean>;
  /** What is known of these sources; unknown ones are left out. */
  versions(collection: string, sources: readonly string[]): Promise<ReadonlyMap<string, DocumentVersion>>;
  /** Sources after the cursor, in UTF-8 order, at most `limit`. */
  sources(
    collection: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly string[]>;
  /** Documents with how they were made, after the cursor, in UTF-8 order of their sources, at most `limit`. */
  documents(
    collection: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly DocumentRecord[]>;
  /** Puts documents in place of whatever their sources had. */
  replace(
    collection: string,
    documents: readonly IndexedDocument[],
    transaction?: Transaction,
  ): Promise<void>;
  /** Removes documents and their passages; how many documents there were. */
  forget(collection: string, sources: readonly string[], transaction?: Transaction): Promise<number>;
  /** The text of one page, in which the offsets of its passages count. */
  pageText(
    collection: string,
    page: { readonly source: string; readonly number: number },
  ): Promise<string | undefined>;
  /** How a collection is embedded; cheaper than {@link Collections.get}, for it counts nothing. */
  shape(name: string): Promise<KnownShape | undefined>;
  /**
   * What fits the query best, of one moment: a search never sees half of a change.
   * @throws MillraceError `not-found`, `collection-mismatch` for a vector of other dimensions, `bad-input` for a query
   * without what its mode needs.
   */
  search(collection: string, query: SearchQuery): Promise<readonly SearchHit[]>;
  /**
   * Writes items, all or none; an id that is there already gets the new item, and of an id given twice the last counts.
   * @throws MillraceError `not-found`; `collection-mismatch` or `bad-input` for items that cannot be kept, each named in
   * `details.items`.
   */
  upsertItems(
    collection: string,
    items: readonly CollectionItem[],
    transaction?: Transaction,
  ): Promise<UpsertResult>;
  /** Which of these ids there are items of. @throws MillraceError `not-found`. */
  knownItems(collection: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Removes items; how many there were. */
  removeItems(collection: string, ids: readonly string[], transaction?: Transaction): Promise<number>;
  /** Vectors kept: of passages and of items. */
  count(collection: string): Promise<number>;
  /**
   * Builds what makes searches of large collections fast, without keeping writers out: an index of the texts and, with
   * pgvector, HNSW indexes of the vectors, which searches without a filter then use. To be called after a large load.
   * Gives what it built.
   */
  buildIndexes(collection: string): Promise<readonly string[]>;
}
