/** The homes of collections that every rule is shown on, each emptied for a test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type Store, type StoreInfo } from "@millrace/core";
import { createPgClient, createPgliteClient, type SqlClient, sqlStore } from "@millrace/postgres";
import {
  type Collections,
  type Database,
  type EmbeddingCache,
  type EmbeddingCacheBounds,
  MemoryCollections,
  MemoryEmbeddingCache,
  SqlCollections,
  SqlEmbeddingCache,
} from "@millrace/rag";
import { testPostgresUrl } from "@millrace/testkit";
import { databaseOver } from "../../packages/millrace/src/home/sql-database.ts";

/** One home. */
export interface CollectionHome {
  readonly name: string;
  /** Whether it keeps vectors in pgvector's type. */
  readonly hasPgvector: boolean;
  /** One-time start. */
  start(): Promise<void>;
  /** An empty place. */
  create(): Promise<CollectionPlace>;
  stop(): Promise<void>;
}

/** What a test works on. */
export interface CollectionPlace {
  readonly collections: Collections;
  /** A store at the same place; closing it leaves the place open. */
  store(): Store;
  cache(bounds?: EmbeddingCacheBounds): EmbeddingCache;
  /** Where the rows are; nothing in memory. */
  readonly sql?: SqlPlace | undefined;
}

/** The database of a place. */
export interface SqlPlace {
  readonly client: SqlClient;
  readonly database: Database;
  readonly schema: string;
}

const MEMORY: CollectionHome = {
  name: "memory",
  hasPgvector: false,
  start: async () => undefined,
  create: async () => ({
    collections: new MemoryCollections(() => 0),
    store: memoryStore,
    cache: (bounds) => new MemoryEmbeddingCache(bounds),
  }),
  stop: async () => undefined,
};

function sqlHome(parts: {
  readonly name: string;
  readonly schema: string;
  readonly vectors: "vector" | "bytea";
  connect(): SqlClient;
  remove?(): void;
}): CollectionHome {
  const { name, schema, vectors } = parts;
  let client: SqlClient | undefined;
  let info: StoreInfo | undefined;
  return {
    name,
    hasPgvector: vectors === "vector",
    start: async () => {
      client = parts.connect();
      info = await client.open();
      await client.script(`drop schema if exists "${schema}" cascade`);
      await sqlStore(client, { schema }).migrate();
    },
    create: async () => {
      if (client === undefined || info === undefined) throw new Error("the home was not started");
      const opened = info;
      const sql = client;
      const database = databaseOver(sql);
      const collections = new SqlCollections(database, { schema, vectors });
      await collections.prepare();
      for (const { name: collection } of await collections.list()) await collections.remove(collection);
      await client.script(
        `delete from "${schema}".run; delete from "${schema}".job; delete from "${schema}".embedding_cache; update "${schema}".embedding_cache_size set entries = 0`,
      );
      return {
        collections,
        store: () => ({
          ...sqlStore(sql, { schema }),
          open: async () => opened,
          close: async () => undefined,
        }),
        cache: (bounds) => new SqlEmbeddingCache(database, { ...bounds, schema }),
        sql: { client, database, schema },
      };
    },
    stop: async () => {
      await client?.script(`drop schema if exists "${schema}" cascade`);
      await client?.close();
      client = undefined;
      parts.remove?.();
    },
  };
}

function pgliteHome(schema: string, vectors: "vector" | "bytea"): CollectionHome {
  const directory = mkdtempSync(join(tmpdir(), "millrace-collections-"));
  return sqlHome({
    name: `pglite, vectors as ${vectors}`,
    schema,
    vectors,
    connect: () => createPgliteClient({ directory, durability: "process" }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  });
}

/** All of them; test files that run at once name different schemas. */
export function collectionHomes(schema: string): readonly CollectionHome[] {
  return [
    MEMORY,
    pgliteHome(schema, "vector"),
    pgliteHome(schema, "bytea"),
    sqlHome({
      name: "postgres",
      schema,
      vectors: "bytea",
      connect: () => createPgClient({ url: testPostgresUrl(), poolSize: 4 }),
    }),
  ];
}
