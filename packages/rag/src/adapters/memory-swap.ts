/** Swaps of collections in memory: each verb one synchronous step. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Collection, CollectionShape, IndexedDocument, KnownShape } from "../ports/collections.ts";
import {
  type CollectionSwaps,
  type PageFrom,
  pipelineWith,
  type StoredDocument,
  type StoredItem,
} from "../ports/swap.ts";
import { byBytes } from "../search/fuse.ts";
import { noSwap, notFound, sameModel } from "../search/other-shape.ts";
import type { KeptItem } from "./memory-search.ts";

/** A document as it is kept. */
export interface KeptDocument extends IndexedDocument {
  readonly indexedAtMs: number;
}

/** A collection that is kept. */
export interface Kept {
  readonly shape: KnownShape;
  readonly createdAtMs: number;
  readonly documents: Map<string, KeptDocument>;
  readonly items: Map<string, KeptItem>;
  /** Name of the collection whose place it is to take. */
  readonly replaces?: string | undefined;
}

/** A version and the one that is to take its place. */
interface Pair {
  readonly old: Kept;
  readonly now: Kept;
}

/** Swaps over the map of collections. */
export class MemorySwaps implements CollectionSwaps {
  readonly #collections: Map<string, Kept>;
  readonly #now: () => number;
  readonly #summary: (kept: Kept) => Collection;

  constructor(collections: Map<string, Kept>, now: () => number, summary: (kept: Kept) => Collection) {
    this.#collections = collections;
    this.#now = now;
    this.#summary = summary;
  }

  async beginSwap(shape: Pick<CollectionShape, "name" | "model" | "dimensions">): Promise<string> {
    const { name, model, dimensions } = shape;
    const old = this.#collections.get(name)?.shape;
    if (old === undefined) throw notFound(name);
    if (old.model === model && old.dimensions === dimensions) throw sameModel(shape);
    const begun = this.#begun(name)?.shape;
    if (begun?.model === model && begun.dimensions === dimensions) return begun.name;
    if (begun !== undefined) this.#collections.delete(begun.name);
    const own = { ...old, name: `${name}\u0001${randomUUID()}`, model, dimensions };
    this.#collections.set(own.name, {
      shape: own,
      createdAtMs: this.#now(),
      documents: new Map(),
      items: new Map(),
      replaces: name,
    });
    return own.name;
  }

  async swapOf(name: string): Promise<Collection | undefined> {
    const begun = this.#begun(name);
    return begun === undefined ? undefined : this.#summary(begun);
  }

  async documentsBehind(name: string, page: PageFrom): Promise<readonly string[]> {
    return documentsBehind(this.#pair(name), page);
  }

  async itemsBehind(name: string, page: PageFrom): Promise<readonly StoredItem[]> {
    return itemsBehind(this.#pair(name), page);
  }

  async storedDocument(collection: string, source: string): Promise<StoredDocument | undefined> {
    const kept = this.#collections.get(collection);
    if (kept === undefined) throw notFound(collection);
    return kept.documents.get(source);
  }

  async finishSwap(name: string): Promise<"switched" | "behind"> {
    const { old, now } = this.#pair(name);
    for (const source of now.documents.keys()) if (!old.documents.has(source)) now.documents.delete(source);
    for (const id of now.items.keys()) if (!old.items.has(id)) now.items.delete(id);
    const page = { limit: 1 };
    if (documentsBehind({ old, now }, page).length + itemsBehind({ old, now }, page).length > 0)
      return "behind";
    const { replaces: _, ...rest } = now;
    this.#collections.delete(now.shape.name);
    this.#collections.set(name, { ...rest, shape: { ...now.shape, name } });
    return "switched";
  }

  async abandonSwap(name: string): Promise<boolean> {
    const begun = this.#begun(name);
    return begun !== undefined && this.#collections.delete(begun.shape.name);
  }

  #begun(name: string): Kept | undefined {
    return [...this.#collections.values()].find(({ replaces }) => replaces === name);
  }

  #pair(name: string): Pair {
    const old = this.#collections.get(name);
    const now = this.#begun(name);
    if (old === undefined || now === undefined) throw noSwap(name);
    return { old, now };
  }
}

function documentsBehind({ old, now }: Pair, page: PageFrom): readonly string[] {
  const models = { old: old.shape.model, now: now.shape.model };
  const behind = [...old.documents.values()].filter((document) => {
    const other = now.documents.get(document.source);
    return other?.hash !== document.hash || other.pipeline !== pipelineWith(document.pipeline, models);
  });
  return pageOf(
    behind.map(({ source }) => source),
    page,
  );
}

function itemsBehind({ old, now }: Pair, page: PageFrom): readonly StoredItem[] {
  const behind = [...old.items.values()].filter(({ id, text, metadata }) => {
    const other = now.items.get(id);
    return other === undefined || other.text !== text || !isDeepStrictEqual(other.metadata, metadata);
  });
  const ids = pageOf(
    behind.map(({ id }) => id),
    page,
  );
  return ids.flatMap((id) => {
    const item = old.items.get(id);
    return item === undefined ? [] : [{ id, text: item.text, metadata: item.metadata }];
  });
}

function pageOf(keys: readonly string[], { after, limit }: PageFrom): readonly string[] {
  const later = after === undefined ? keys : keys.filter((key) => byBytes(key, after) > 0);
  return [...later].sort(byBytes).slice(0, limit);
}
