/** Brings a schema up to date: numbered migrations, each in a transaction, one process at a time. */
import { migrations } from "./generated/sources.ts";
import { lockKey } from "./journal.ts";
import { inTransaction } from "./session.ts";
import type { SqlClient, SqlSession } from "./sql-client.ts";
import { inSchema } from "./statements.ts";

/** A migration, with everything that runs it: its statements, and the row that says it ran. */
interface MigrationScript {
  readonly name: string;
  readonly text: string;
}

/** Runs what is missing, in order; gives the names of what it ran. */
export async function migrate(client: SqlClient, schema: string): Promise<readonly string[]> {
  return inTransaction(client, async (sql) => {
    await sql.query("select pg_advisory_xact_lock($1::bigint)", [lockKey(schema, "migrate")]);
    const missing = await missingScripts(sql, schema);
    for (const { text } of missing) await sql.script(text);
    return missing.map(({ name }) => name);
  });
}

/**
 * What `migrate` would run, as one script in a transaction that takes turns with it; empty where nothing is missing.
 * Changes nothing.
 */
export async function migrationScript(sql: SqlSession, schema: string): Promise<string> {
  const missing = await missingScripts(sql, schema);
  if (missing.length === 0) return "";
  const lock = `select pg_advisory_xact_lock(${lockKey(schema, "migrate")});\n`;
  return `begin;\n${lock}\n${missing.map(({ text }) => text).join("\n")}\ncommit;\n`;
}

/** The first one of all makes the schema. */
async function missingScripts(sql: SqlSession, schema: string): Promise<readonly MigrationScript[]> {
  const present = await schemaMigrations(sql, schema);
  return migrations
    .filter(({ name }) => !present.has(name))
    .map(({ name, text }, index) => {
      const record = `insert into millrace.migration (name) values ('${name}');\n`;
      const statements = inSchema(`${index === 0 ? PREPARE : ""}${text.trimEnd()}\n${record}`, schema);
      return {
        name,
        text: index === 0 ? `create schema if not exists "${schema}";\n${statements}` : statements,
      };
    });
}

const PREPARE = `create table if not exists millrace.migration (
  name text primary key, at timestamptz not null default now()
);

`;

/** How far a schema is: the migrations it lacks, in order, and whether it has had none at all. Changes nothing. */
export async function schemaState(
  sql: SqlSession,
  schema: string,
): Promise<{ readonly pending: readonly string[]; readonly isNew: boolean }> {
  const present = await schemaMigrations(sql, schema);
  const pending = migrations.map(({ name }) => name).filter((name) => !present.has(name));
  return { pending, isNew: present.size === 0 };
}

/**
 * The migrations a schema has had; empty where it does not exist. Asks the catalog's tables, not `to_regclass`: that
 * answers from a cache which a wait for the lock leaves as it was before another process's migration.
 */
export async function schemaMigrations(sql: SqlSession, schema: string): Promise<ReadonlySet<string>> {
  const there = await sql.query<{ present: boolean }>(
    `select exists (
       select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relname = 'migration'
     ) as present`,
    [schema],
  );
  if (there[0]?.present !== true) return new Set();
  const rows = await sql.query<{ name: string }>(inSchema("select name from millrace.migration", schema));
  return new Set(rows.map((row) => row.name));
}
