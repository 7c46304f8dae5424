/** What a schema holds, and removing it: millrace's own and nothing else. */
import { MillraceError } from "@millrace/core";
import { migrations } from "./generated/sources.ts";
import { inTransaction } from "./session.ts";
import type { SqlClient, SqlSession } from "./sql-client.ts";

/** What is in a schema. */
export interface SchemaContents {
  /** Names of tables, without the partitions of others. */
  readonly tables: readonly string[];
  /** What no migration made, in words for people. */
  readonly foreign: readonly string[];
  /** Of all tables and their indexes. */
  readonly bytes: number;
}

/** A schema, and what in it belongs to millrace beside the jobs: names that other packages' migrations make. */
export interface RemovableSchema {
  readonly schema: string;
  readonly alsoOwn: ReadonlySet<string>;
}

/** A thing in a schema. `says` is how SQL names it. */
interface Thing {
  readonly kind: "table" | "sequence" | "function" | "view" | "type";
  readonly name: string;
  readonly says: string;
}

/** What migrations write before a name of ours. */
const NAMED = /\bmillrace\.(\w+)/g;
/** Sequences of identity columns, partitions and row types go with their tables; an extension's things with that. */
const THINGS = `
  with thing as (
    select 'pg_class'::regclass as of, c.oid, c.relname as name, format('%I.%I', n.nspname, c.relname) as says,
      case c.relkind when 'S' then 'sequence' when 'c' then 'type' when 'v' then 'view' when 'm' then 'view'
        else 'table' end as kind
    from pg_namespace n join pg_class c on c.relnamespace = n.oid
    where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c') and not c.relispartition
    union all
    select 'pg_proc'::regclass, p.oid, p.proname, p.oid::regprocedure::text, 'function'
    from pg_namespace n join pg_proc p on p.pronamespace = n.oid where n.nspname = $1
    union all
    select 'pg_type'::regclass, t.oid, t.typname, format('%I.%I', n.nspname, t.typname), 'type'
    from pg_namespace n join pg_type t on t.typnamespace = n.oid where n.nspname = $1 and t.typtype in ('e', 'd', 'r')
  )
  select t.kind, t.name, t.says from thing t
  where not exists (
    select from pg_depend d
    where d.classid = t.of and d.objid = t.oid
      and (d.deptype = 'e' or (t.kind = 'sequence' and d.deptype in ('a', 'i')))
  )
  order by t.kind, t.says`;
/** Partitions have the bytes of their table. */
const BYTES = `
  select coalesce(sum(pg_total_relation_size(c.oid)), 0)::text as bytes
  from pg_namespace n join pg_class c on c.relnamespace = n.oid where n.nspname = $1 and c.relkind in ('r', 'm')`;
/** In this order nothing goes while something of ours still needs it. */
const ORDER = ["table", "sequence", "function"] as const;
/** Aggregates are functions that `drop function` does not take. */
const DROPPED_AS = { table: "table", sequence: "sequence", function: "routine" } as const;
const NEEDED_ELSEWHERE = "2BP01";
/** Is there in every database, and stays. */
const EVERYBODYS = "public";

/** What the schema holds; `undefined` where there is none. */
export async function schemaContents(
  sql: SqlSession,
  { schema, alsoOwn }: RemovableSchema,
): Promise<SchemaContents | undefined> {
  const there = await sql.query("select 1 from pg_namespace where nspname = $1", [schema]);
  if (there.length === 0) return undefined;
  const things = await sql.query<Thing>(THINGS, [schema]);
  const own = ownNames(alsoOwn);
  const [size] = await sql.query<{ bytes: string }>(BYTES, [schema]);
  return {
    tables: things.filter(({ kind }) => kind === "table").map(({ name }) => name),
    foreign: things.filter((thing) => isForeign(thing, own)).map(({ kind, says }) => `${kind} ${says}`),
    bytes: Number(size?.bytes ?? 0),
  };
}

/**
 * Removes the schema, in one transaction and without cascading.
 * @throws MillraceError `bad-usage` where it holds anything that is not millrace's, or where something elsewhere depends
 * on it; nothing is removed then.
 */
export async function removeSchema(client: SqlClient, removable: RemovableSchema): Promise<void> {
  const { schema } = removable;
  try {
    await inTransaction(client, (sql) => remove(sql, removable));
  } catch (error) {
    if (error instanceof MillraceError && error.details["sqlState"] === NEEDED_ELSEWHERE) {
      throw neededElsewhere(schema, error);
    }
    throw error;
  }
}

function neededElsewhere(schema: string, cause: MillraceError): MillraceError {
  const message = `something outside schema "${schema}" depends on it, nothing was removed: ${cause.message}`;
  return new MillraceError("bad-usage", message, { cause });
}

async function remove(sql: SqlSession, { schema, alsoOwn }: RemovableSchema): Promise<void> {
  const things = await sql.query<Thing>(THINGS, [schema]);
  const own = ownNames(alsoOwn);
  const foreign = things.filter((thing) => isForeign(thing, own));
  if (foreign.length > 0) {
    const names = foreign.map(({ kind, says }) => `${kind} ${says}`).join(", ");
    throw new MillraceError(
      "bad-usage",
      `schema "${schema}" holds what is not millrace's, nothing was removed: ${names}`,
    );
  }
  for (const kind of ORDER) {
    const names = things.filter((thing) => thing.kind === kind).map(({ says }) => says);
    if (names.length > 0) await sql.query(`drop ${DROPPED_AS[kind]} ${names.join(", ")} restrict`);
  }
  if (schema !== EVERYBODYS) await sql.query(`drop schema "${schema}" restrict`);
}

function ownNames(alsoOwn: ReadonlySet<string>): ReadonlySet<string> {
  const named = migrations.flatMap(({ text }) => [...text.matchAll(NAMED)].map(([, name = ""]) => name));
  return new Set([...named, ...alsoOwn, "migration"]);
}

/** Migrations make tables, sequences and functions only. */
function isForeign({ kind, name }: Thing, own: ReadonlySet<string>): boolean {
  return kind === "view" || kind === "type" || !own.has(name);
}
