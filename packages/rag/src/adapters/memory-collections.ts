/** Collections in this process's memory, for tests and the memory store. */
import type {
  Collection,
  CollectionShape,
  Collections,
  DocumentVersion,
  IndexedDocument,
  KnownShape,
  Prepared,
} from "../ports/collections.ts";
import { extractionName } from "../ports/extractions.ts";
import type { CollectionItem, UpsertResult } from "../ports/items.ts";
import type { DocumentRecord } from "../ports/lineage.ts";
import type { SearchHit, SearchQuery } from "../ports/search.ts";
import type { CollectionSwaps } from "../ports/swap.ts";
import { checkedItems } from "../search/checked-items.ts";
import { notFound, refuseOther } from "../search/other-shape.ts";
import { keptItem, searchMemory } from "./memory-search.ts";
import { type Kept, type KeptDocument, MemorySwaps } from "./memory-swap.ts";

/** Holds everything in maps; every write is one synchronous step, so readers never see a mixture. */
export class MemoryCollections implements Collections {
  readonly #collections = new Map<string, Kept>();
  readonly #now: () => number;
  readonly swaps: CollectionSwaps;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.swaps = new MemorySwaps(this.#collections, now, summaryOf);
  }

  async prepare(): Promise<string | undefined> {
    return undefined;
  }

  async prepared(): Promise<Prepared> {
    return "current";
  }

  async ensure(shape: CollectionShape): Promise<void> {
    const kept = this.#collections.get(shape.name);
    if (kept !== undefined) return refuseOther(kept.shape, shape);
    this.#collections.set(shape.name, {
      shape: { ...shape, language: shape.language ?? "simple" },
      createdAtMs: this.#now(),
      documents: new Map(),
      items: new Map(),
    });
  }

  async list(): Promise<readonly Collection[]> {
    return [...this.#collections.values()]
      .filter(({ replaces }) => replaces === undefined)
      .map(summaryOf)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async get(name: string): Promise<Collection | undefined> {
    const kept = this.#collections.get(name);
    return kept === undefined ? undefined : summaryOf(kept);
  }

  async remove(name: string): Promise<boolean> {
    await this.swaps.abandonSwap(name);
    return this.#collections.delete(name);
  }

  async versions(
    collection: string,
    sources: readonly string[],
  ): Promise<ReadonlyMap<string, DocumentVersion>> {
    const { documents } = this.#kept(collection);
    const versions = new Map<string, DocumentVersion>();
    for (const source of sources) {
      const document = documents.get(source);
      if (document === undefined) continue;
      const { hash, pipeline, pages, passages } = document;
      versions.set(source, { hash, pipeline, pages: pages.length, passages: passages.length });
    }
    return versions;
  }

  async sources(
    collection: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly string[]> {
    return [...this.#kept(collection).documents.keys()]
      .filter(
        (source) =>
          page.after === undefined || Buffer.compare(Buffer.from(source), Buffer.from(page.after)) > 0,
      )
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .slice(0, page.limit);
  }

  async documents(
    collection: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly DocumentRecord[]> {
    const { documents } = this.#kept(collection);
    return (await this.sources(collection, page)).flatMap((source) => {
      const document = documents.get(source);
      return document === undefined ? [] : [recordOf(document)];
    });
  }

  /** The texts that documents were made of, by {@link extractionName}; see `MemoryExtractions`. */
  references(): ReadonlySet<string> {
    const documents = [...this.#collections.values()].flatMap((kept) => [...kept.documents.values()]);
    const names = documents.map(({ hash, format, lineage }) =>
      extractionName({ hash, format, version: lineage?.extractor ?? "" }),
    );
    return new Set(names);
  }

  async replace(collection: string, documents: readonly IndexedDocument[]): Promise<void> {
    const kept = this.#kept(collection);
    const indexedAtMs = this.#now();
    for (const document of documents) kept.documents.set(document.source, { ...document, indexedAtMs });
  }

  async forget(collection: string, sources: readonly string[]): Promise<number> {
    const { documents } = this.#kept(collection);
    return sources.filter((source) => documents.delete(source)).length;
  }

  async pageText(
    collection: string,
    page: { readonly source: string; readonly number: number },
  ): Promise<string | undefined> {
    const document = this.#kept(collection).documents.get(page.source);
    return document?.pages.find(({ number }) => number === page.number)?.text;
  }

  async shape(name: string): Promise<KnownShape | undefined> {
    return this.#collections.get(name)?.shape;
  }

  async search(collection: string, asked: SearchQuery): Promise<readonly SearchHit[]> {
    return searchMemory(this.#kept(collection), asked);
  }

  async upsertItems(collection: string, items: readonly CollectionItem[]): Promise<UpsertResult> {
    const kept = this.#kept(collection);
    const checked = checkedItems(items, { name: collection, dimensions: kept.shape.dimensions });
    const before = kept.items.size;
    for (const item of checked.items) kept.items.set(item.id, keptItem(item));
    const inserted = kept.items.size - before;
    return { inserted, updated: checked.items.length - inserted, duplicates: checked.duplicates };
  }

  async knownItems(collection: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { items } = this.#kept(collection);
    return new Set(ids.filter((id) => items.has(id)));
  }

  async removeItems(collection: string, ids: readonly string[]): Promise<number> {
    const { items } = this.#kept(collection);
    return ids.filter((id) => items.delete(id)).length;
  }

  async count(collection: string): Promise<number> {
    const { passages, items } = summaryOf(this.#kept(collection));
    return passages + items;
  }

  /** There is nothing to build: every search looks at everything. */
  async buildIndexes(collection: string): Promise<readonly string[]> {
    this.#kept(collection);
    return [];
  }

  #kept(name: string): Kept {
    const kept = this.#collections.get(name);
    if (kept !== undefined) return kept;
    throw notFound(name);
  }
}

function recordOf(document: KeptDocument): DocumentRecord {
  const { extractMs: _, metadata: __, cached: ___, pages, passages, ...rest } = document;
  return { ...rest, pages: pages.length, passages: passages.length };
}

function summaryOf(kept: Kept): Collection {
  const documents = [...kept.documents.values()];
  return {
    ...kept.shape,
    createdAtMs: kept.createdAtMs,
    documents: documents.length,
    pages: documents.reduce((sum, document) => sum + document.pages.length, 0),
    passages: documents.reduce((sum, document) => sum + document.passages.length, 0),
    items: kept.items.size,
  };
}
