/** Brings a schema up to date: numbered migrations, each in a transaction, one process at a time. */
import { type AuditEntry, actEntries, auditHalves, type ControlNote } from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { migrations } from "./generated/sources.ts";
import { lockKey } from "./journal.ts";
import { inTransaction, sessionOn } from "./session.ts";
import type { SqlClient, SqlSession } from "./sql-client.ts";
import { inSchema, statementsFor } from "./statements.ts";

/** A migration, with everything that runs it: its statements, and the row that says it ran. */
interface MigrationScript {
  readonly name: string;
  readonly text: string;
}

/** Runs what is missing, in order, and writes down who had it run; gives the names of what it ran. */
export async function migrate(
  client: SqlClient,
  schema: string,
  note: ControlNote = {},
): Promise<readonly string[]> {
  return inTransaction(client, async (sql) => {
    await sql.query("select pg_advisory_xact_lock($1::bigint)", [lockKey(schema, "migrate")]);
    const missing = await missingScripts(sql, schema);
    for (const { text } of missing) await sql.script(text);
    const names = missing.map(({ name }) => name);
    if (names.length > 0) {
      await appendAudit(sessionOn(sql, statementsFor(schema)), migrationEntries(note, names));
    }
    return names;
  });
}

function migrationEntries(note: ControlNote, migrations: readonly string[]): readonly AuditEntry[] {
  return actEntries(note, {
    type: "store.migrated",
    action: "migrate",
    resourceType: "store",
    details: { migrations },
  });
}

/**
 * What `migrate` would run, as one script in a transaction that takes turns with it; empty where nothing is missing. Its
 * record in the audit names the database role that runs it. Changes nothing.
 */
export async function migrationScript(sql: SqlSession, schema: string): Promise<string> {
  const missing = await missingScripts(sql, schema);
  if (missing.length === 0) return "";
  const lock = `select pg_advisory_xact_lock(${lockKey(schema, "migrate")});\n`;
  const statements = missing.map(({ text }) => text).join("\n");
  const record = inSchema(recordStatement(missing.map(({ name }) => name)), schema);
  return `begin;\n${lock}\n${statements}\n${record}\ncommit;\n`;
}

/** Where a text says it, the role is to say itself. */
const ROLE = "{role}";

/** Writes down, when it is run, who runs it: the canonical text of the record is put together there. */
function recordStatement(names: readonly string[]): string {
  const [entry] = migrationEntries({ actor: { kind: "user", id: ROLE } }, names);
  const [head, tail] = auditHalves(entry as AuditEntry); // a note with an actor has one
  const [start, rest] = head.split(JSON.stringify(ROLE)).map(literal);
  return `insert into millrace.audit (tenant, at, type, resource_type, text)
select '', date_trunc('milliseconds', n.now), 'store.migrated', 'store',
  ${start} || to_json(session_user::text)::text || ${rest} || millrace.ms(n.now) || ${literal(tail)}
from (select millrace.store_now() as now) n;
`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
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
