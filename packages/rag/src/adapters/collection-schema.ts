/** The tables of collections: made once, with pgvector where the server has it. */
import { MillraceError } from "@millrace/core";
import { migrations } from "../generated/sources.ts";
import type { Prepared } from "../ports/collections.ts";
import type { Sql } from "../ports/sql.ts";

/** How vectors are kept: in pgvector's type, or as little-endian float4 bytes. */
export type VectorKind = "vector" | "bytea";

/** A migration that every database gets, or one for each kind of vectors, which a database keeps. */
type Step = string | Readonly<Record<VectorKind, string>>;

const VECTORS: Readonly<Record<VectorKind, string>> = {
  vector: "0002-vectors-pgvector",
  bytea: "0002-vectors-bytea",
};
/** All steps in their order. */
const STEPS: readonly Step[] = [
  "0001-collections",
  VECTORS,
  "0003-lineage-and-extractions",
  "0005-search",
  { vector: "0006-items-pgvector", bytea: "0006-items-bytea" },
  "0007-embedding-cache",
];
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

/** How far the tables are. */
export async function preparedState(sql: Pick<Sql, "query">, schema: string): Promise<Prepared> {
  const [row] = await sql.query<{ there: boolean }>("select to_regclass($1::text) is not null as there", [
    `"${schema}".collection_migration`,
  ]);
  if (row?.there !== true) return "absent";
  const rows = await sql.query<{ name: string }>(
    inSchema("select name from millrace.collection_migration", schema),
  );
  const ran = new Set(rows.map(({ name }) => name));
  const isWhole = STEPS.every((step) =>
    typeof step === "string" ? ran.has(step) : KINDS.some((kind) => ran.has(step[kind])),
  );
  return isWhole ? "current" : "outdated";
}

/**
 * Brings the tables up to date, one process at a time; gives the kind this database was set up with. A new one gets the
 * kind wanted, or the best the server has.
 */
export async function migrateCollections(sql: Sql, schema: string, wanted?: VectorKind): Promise<VectorKind> {
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
  const kind = KINDS.find((each) => ran.has(VECTORS[each])) ?? wanted ?? (await availableKind(sql));
  for (const step of STEPS) {
    const name = typeof step === "string" ? step : step[kind];
    if (!ran.has(name)) await runMigration(sql, schema, name);
  }
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
