/** Where plans are looked at: a schema of its own, and the store's statements in it. */
import { fileURLToPath } from "node:url";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import type pg from "pg";
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
