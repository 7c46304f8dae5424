/** Documents, pages, passages and hits as rows of the SQL collections. */
import type { Collection, IndexedDocument } from "../ports/collections.ts";
import type { Metadata, SearchHit } from "../ports/search.ts";
import type { CopyColumn } from "../ports/sql.ts";
import type { WritableItem } from "../search/checked-items.ts";
import type { RankedHit } from "../search/fuse.ts";
import type { VectorKind } from "./collection-schema.ts";

/** The columns that `copy-passages` takes, before the vector. */
export const PASSAGE_COLUMNS: readonly CopyColumn[] = [
  "uuid",
  "int4",
  "text",
  "int4",
  "int4",
  "int4",
  "int4",
  "int4",
  "int4",
  "text",
  "text",
  "jsonb",
];
/** The columns that `copy-items` takes, before the vector. */
export const ITEM_COLUMNS: readonly CopyColumn[] = ["text", "text", "jsonb"];
/** The columns that `copy-pages` takes. */
export const PAGE_COLUMNS: readonly CopyColumn[] = ["int4", "text", "int4", "text"];

export interface ListRow {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  readonly created: string;
  readonly documents: string;
  readonly pages: string;
  readonly passages: string;
  readonly items: string;
  readonly language: string;
}

export function collectionOf(row: ListRow): Collection {
  return {
    name: row.name,
    model: row.model,
    dimensions: row.dimensions,
    documents: Number(row.documents),
    pages: Number(row.pages),
    passages: Number(row.passages),
    items: Number(row.items),
    language: row.language,
    createdAtMs: Number(row.created),
  };
}

export function documentRow(document: IndexedDocument): object {
  return {
    source: document.source,
    hash: document.hash,
    pipeline: document.pipeline,
    format: document.format,
    engine: document.engine,
    bytes: document.bytes,
    pages: document.pages.length,
    passages: document.passages.length,
    extract_ms: Math.round(document.extractMs),
    extractor: document.lineage?.extractor ?? null,
    lineage: document.lineage === undefined ? null : JSON.stringify(document.lineage),
  };
}

export function* pageRows(
  collection: number,
  documents: readonly IndexedDocument[],
): Iterable<readonly unknown[]> {
  for (const { source, pages } of documents) {
    for (const page of pages) yield [collection, source, page.number, page.text];
  }
}

export function* passageRows(
  collection: number,
  documents: readonly IndexedDocument[],
  vectors: VectorKind,
): Iterable<readonly unknown[]> {
  for (const { source, passages, metadata } of documents) {
    const shared = metadata === undefined ? null : JSON.stringify(metadata);
    for (const passage of passages) {
      yield [
        passage.id,
        collection,
        source,
        passage.ordinal,
        passage.pageStart,
        passage.pageEnd,
        passage.start,
        passage.end,
        passage.tokens,
        JSON.stringify(passage.headingPath),
        passage.text,
        shared,
        vectors === "vector" ? passage.vector : bytesOf(passage.vector),
      ];
    }
  }
}

/** Items as rows of `copy-items`. */
export function* itemRows(items: readonly WritableItem[], vectors: VectorKind): Iterable<readonly unknown[]> {
  for (const { id, text, metadata, vector } of items) {
    yield [id, text ?? null, metadata ?? null, vectors === "vector" ? vector : bytesOf(vector)];
  }
}

/** Items as rows of `copy-new-items`. */
export function* newItemRows(
  collection: number,
  items: readonly WritableItem[],
  vectors: VectorKind,
): Iterable<readonly unknown[]> {
  for (const row of itemRows(items, vectors)) yield [collection, ...row];
}

/** A vector's components as little-endian float4. */
export function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

export interface PassageRow {
  readonly id: string;
  readonly source: string;
  readonly page_start: number;
  readonly page_end: number;
  readonly start_at: number;
  readonly end_at: number;
  readonly heading_path: string;
  readonly body: string;
  readonly metadata: string | null;
}

export interface ItemRow {
  readonly id: string;
  readonly body: string | null;
  readonly metadata: string | null;
}

export function passageHit(row: PassageRow, { score, scores }: RankedHit): SearchHit {
  return {
    kind: "passage",
    id: row.id,
    source: row.source,
    pageStart: row.page_start,
    pageEnd: row.page_end,
    start: row.start_at,
    end: row.end_at,
    headingPath: JSON.parse(row.heading_path) as string[], // written by passageRows
    text: row.body,
    ...metadataOf(row),
    score,
    scores,
  };
}

export function itemHit(row: ItemRow, { score, scores }: RankedHit): SearchHit {
  return {
    kind: "item",
    id: row.id,
    source: row.id,
    text: row.body ?? "",
    ...metadataOf(row),
    score,
    scores,
  };
}

/** The metadata of a row, as part of what it makes. */
export function metadataOf({ metadata }: { readonly metadata: string | null }): {
  readonly metadata?: Metadata;
} {
  return metadata === null ? {} : { metadata: JSON.parse(metadata) as Metadata }; // checked when it was written
}
