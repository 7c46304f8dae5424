/** Homes of bulk work: a store with its collections, emptied for each test; on PostgreSQL, also for other processes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type Store } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { type Collections, MemoryCollections, SqlCollections } from "@millrace/rag";
import { testPostgresUrl } from "@millrace/testkit";
import { databaseOver } from "../../packages/millrace/src/home/sql-database.ts";

/** A store and its collections, as one process has them. */
export interface BulkPlace {
  readonly store: Store;
  readonly collections: Collections;
  /** The same, as another process has them: connections of its own, the same data. */
  again(): Omit<BulkPlace, "again" | "dispose">;
  dispose(): Promise<void>;
}

/** One home. */
export interface BulkHome {
  readonly name: "memory" | "postgres";
  create(): Promise<BulkPlace>;
}

const MEMORY: BulkHome = {
  name: "memory",
  create: async () => {
    const place = { store: memoryStore(), collections: new MemoryCollections() };
    return { ...place, again: () => place, dispose: async () => undefined };
  },
};

function postgres(schema: string): BulkHome {
  return {
    name: "postgres",
    create: async () => {
      const remover = createPgClient({ url: testPostgresUrl() });
      await remover.open();
      await remover.script(`drop schema if exists "${schema}" cascade`);
      const again = () => sqlPlace(schema);
      return {
        ...again(),
        again,
        dispose: async () => {
          await remover.script(`drop schema if exists "${schema}" cascade`);
          await remover.close();
        },
      };
    },
  };
}

function sqlPlace(schema: string): Omit<BulkPlace, "again" | "dispose"> {
  const client = createPgClient({ url: testPostgresUrl(), poolSize: 6 });
  const collections = new SqlCollections(databaseOver(client), { schema });
  return { store: sqlStore(client, { schema }), collections };
}

/** Both of them; test files that run at once name different schemas. */
export function bulkHomes(schema: string): readonly BulkHome[] {
  return [MEMORY, postgres(schema)];
}

/** A file of these records, one a line, in a folder that `remove` takes away. Text stands for itself. */
export function ndjsonFile(records: readonly unknown[]): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bulk-"));
  const path = join(folder, "items.ndjson");
  const lines = records.map((record) => (typeof record === "string" ? record : JSON.stringify(record)));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
