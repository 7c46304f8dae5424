/** For programs: a store by its URL together with the collections, the extracted text and the embeddings that live in it. */
import type { Logger, Store, StoreInfo } from "@millrace/core";
import type { Collections, EmbeddingCache, Extractions } from "@millrace/rag";
import type { Settings } from "../config/settings.ts";
import { createHome } from "./home.ts";
import { homeSettings } from "./home-settings.ts";

/** Which store, and how. */
export interface CollectionsOptions {
  /** `memory:`, `file:<folder>` or `postgres://…`; embedded in `./.millrace` where left out. */
  readonly store?: string | undefined;
  /** What `loadSettings` has read. */
  readonly settings?: Settings | undefined;
  readonly logger?: Logger | undefined;
}

/** An open store with its collections. `ingestBatch({ ...home, … })` takes it as it is. */
export interface OpenCollections {
  /** For one client: `millrace({ store })`, whose `close()` closes it. */
  readonly store: Store;
  readonly collections: Collections;
  readonly extractions: Extractions;
  /** The vectors of texts seen before: `cachedEmbedder(embedder, home.embeddings)`. */
  readonly embeddings: EmbeddingCache;
  /** Closes the store where no client does. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a store and brings the tables of jobs and collections up to date.
 * @throws MillraceError `bad-config`; `store-unreachable`, `store-locked` and whatever else keeps a store from opening.
 */
export async function openCollections(options: CollectionsOptions = {}): Promise<OpenCollections> {
  const { store, collections, extractions, embeddings } = await createHome(
    homeSettings(options.store, options.settings),
    {
      logger: options.logger,
    },
  );
  try {
    const info = await store.open();
    await store.migrate();
    await collections.prepare();
    return { store: opened(store, info), collections, extractions, embeddings, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The store as one that has still to be opened, which clients do. */
function opened(store: Store, info: StoreInfo): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === "open") return async () => info;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
