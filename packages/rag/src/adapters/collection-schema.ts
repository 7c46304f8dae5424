/** The tables of collections: made once, with pgvector where the server has it. */
import { MillraceError } from "@millrace/core";
import { migrations } from "../generated/sources.ts";
import type { Sql } from "../ports/sql.ts";

/** How vectors are kept: in pgvector's type, or as little-endian float4 bytes. */
export type VectorKind = "vector" | "bytea";

const TABLES = "0001-collections";
/** The branch of migrations each kind takes; a database keeps the one it was set up with. */
const VECTORS: Readonly<Record<VectorKind, string>> = {
  vector: "0002-vectors-pgvector",
  bytea: "0002-vectors-bytea",
};
const KINDS: readonly VectorKind[] = ["vector", "bytea"];

/** Puts the schema's name into SQL written for `millrace.`. */
export function inSchema(text: string, schema: string): string {
  return text.replaceAll("millrace.", `"${schema}".`);
}

/** The names that the tables of collections, and all that goes with them, have in their schema. */
export function collectionObjects(): ReadonlySet<string> {
  const named = migrations.flatMap(({ text }) =>
    [...text.matchAll(/\bmillrace\.(\w+)/g)].map(([, name = ""]) => name),
  );
  return new Set([...named, "collection_migration"]);
}

/** Brings the tables up to date, one process at a time; gives the kind this database was set up with. */
export async function migrateCollections(sql: Sql, schema: string): Promise<VectorKind> {
  await sql.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
    `millrace:${schema}:collections`,
  ]);
  await sql.script(
    inSchema(
      `create schema if not exists "${schema}";
       create table if not exists millrace.collection_migration (
         name text primary key, at timestamptz not null default now()
       )`,
      schema,
    ),
  );
  const rows = await sql.query<{ name: string }>(
    inSchema("select name from millrace.collection_migration", schema),
  );
  const ran = new Set(rows.map((row) => row.name));
  if (!ran.has(TABLES)) await runMigration(sql, schema, TABLES);
  const chosen = KINDS.find((kind) => ran.has(VECTORS[kind]));
  if (chosen !== undefined) return chosen;
  const kind = await availableKind(sql);
  await runMigration(sql, schema, VECTORS[kind]);
  return kind;
}

async function runMigration(sql: Sql, schema: string, name: string): Promise<void> {
  const migration = migrations.find((each) => each.name === name);
  if (migration === undefined)
    throw new MillraceError("schema-mismatch", `this build has no migration ${name}`);
  await sql.script(inSchema(migration.text, schema));
  await sql.query(inSchema("insert into millrace.collection_migration (name) values ($1)", schema), [name]);
}

async function availableKind(sql: Sql): Promise<VectorKind> {
  const rows = await sql.query("select 1 from pg_available_extensions where name = 'vector'");
  return rows.length > 0 ? "vector" : "bytea";
}
