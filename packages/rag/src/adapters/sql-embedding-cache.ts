/** The embedding cache in the store's database: one statement to look, one to put. */
import {
  DEFAULT_CACHE_AGE_MS,
  type EmbeddingCache,
  type EmbeddingCacheBounds,
} from "../ports/embedding-cache.ts";
import type { Database } from "../ports/sql.ts";
import { bytesOf } from "./collection-rows.ts";
import { CollectionStatements } from "./collection-statements.ts";
import { floatsOf } from "./exact-scan.ts";

const MAX_ENTRIES = 1_000_000;

/** Its table is made with those of the collections: `SqlCollections.prepare` comes first. */
export class SqlEmbeddingCache implements EmbeddingCache {
  readonly #database: Database;
  readonly #statements: CollectionStatements;
  readonly #maxEntries: number;
  readonly #maxAgeMs: number;

  constructor(
    database: Database,
    options: EmbeddingCacheBounds & { readonly schema?: string | undefined } = {},
  ) {
    this.#database = database;
    this.#statements = new CollectionStatements(options.schema ?? "millrace");
    this.#maxEntries = options.maxEntries ?? MAX_ENTRIES;
    this.#maxAgeMs = options.maxAgeMs ?? DEFAULT_CACHE_AGE_MS;
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    if (keys.length === 0) return new Map();
    const rows = await this.#statements.run<{ key: Uint8Array; embedding: Uint8Array }>(
      this.#database,
      "cache-get",
      [keys.map((key) => Buffer.from(key, "hex"))],
    );
    return new Map(rows.map((row) => [Buffer.from(row.key).toString("hex"), floatsOf(row.embedding)]));
  }

  async put(entries: ReadonlyMap<string, Float32Array>): Promise<void> {
    if (entries.size === 0) return;
    await this.#statements.run(this.#database, "cache-put", [
      [...entries.keys()].map((key) => Buffer.from(key, "hex")),
      [...entries.values()].map(bytesOf),
      this.#maxEntries,
      this.#maxAgeMs,
    ]);
  }
}
