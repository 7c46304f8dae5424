/** Where plans are looked at: a schema of its own, and the store's statements in it. */
import { fileURLToPath } from "node:url";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import type pg from "pg";
import { expect } from "vitest";
import { sqlQueries } from "../../scripts/sql-sources.mjs";

const QUERIES: Readonly<Record<string, string>> = { ...queriesOf("postgres"), ...queriesOf("rag") };

/** Connects, and makes a store's empty schema in the place of what was there. */
export async function makeSchema(database: pg.Client, schema: string): Promise<void> {
  await database.connect();
  await database.query(`drop schema if exists ${schema} cascade`);
  const store = sqlStore(createPgClient({ url: testPostgresUrl() }), { schema });
  await store.open();
  await store.migrate();
  await store.close();
}

/** Removes it and leaves. */
export async function dropSchema(database: pg.Client, schema: string): Promise<void> {
  await database.query(`drop schema ${schema} cascade`);
  await database.end();
}

function queriesOf(name: string): Readonly<Record<string, string>> {
  return sqlQueries(fileURLToPath(new URL(`../../packages/${name}`, import.meta.url)));
}

/** A statement of the store or of its collections, for that schema. @throws Error where there is none of that name. */
export function textIn(schema: string, name: string): string {
  const text = QUERIES[name];
  if (text === undefined) throw new Error(`there is no query ${name}`);
  return text.replaceAll("millrace.", `${schema}.`);
}

/**
 * Has all pages of a table, and of its partitions, marked as seen by everybody: what a statement touches depends on that.
 * As long as any other session of the server has an older snapshot, none are.
 */
export async function vacuumed(database: pg.Client, table: string): Promise<void> {
  const look = async (): Promise<number> => {
    await database.query(`vacuum analyze ${table}`);
    const { rows } = await database.query<{ unseen: number }>(
      `select coalesce(sum(c.relpages - c.relallvisible), 0)::integer as unseen from pg_class c
       where c.relkind = 'r' and (c.oid = $1::regclass or c.oid in (select relid from pg_partition_tree($1::regclass)))`,
      [table],
    );
    return rows[0]?.unseen ?? -1;
  };
  await expect.poll(look).toBe(0);
}
