/** Where passages and their vectors live. The composition root picks the adapter. */
import type { Transaction } from "@millrace/core";
import type { DocumentRecord, Lineage } from "./lineage.ts";
import type { PageText } from "./splitter.ts";

/** A collection as listed. */
export interface Collection {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  readonly documents: number;
  readonly pages: number;
  readonly passages: number;
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
}

/** One answer of a search, best first. `score` is the cosine similarity, -1 … 1. */
export interface SearchHit {
  readonly id: string;
  readonly source: string;
  readonly pageStart: number;
  readonly pageEnd: number;
  readonly start: number;
  readonly end: number;
  readonly headingPath: readonly string[];
  readonly text: string;
  readonly score: number;
}

/** How a collection is named and embedded. */
export interface CollectionShape {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
}

/** How far the adapter's ground is prepared. */
export type Prepared = "absent" | "outdated" | "current";

/** The collections of one home. Every document's passages are replaced as one; readers never see a mixture. */
export interface Collections {
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
  /** The passages nearest to the vector by cosine. @throws MillraceError `not-found`, `collection-mismatch`. */
  search(collection: string, vector: Float32Array, limit: number): Promise<readonly SearchHit[]>;
}
