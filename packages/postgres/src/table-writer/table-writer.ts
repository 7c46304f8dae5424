/** Writes outputs as rows of a table, in the transaction that commits the ledger. */
import { badOption, MillraceError, refuseUnknownKeys, type WriteContext, type Writer } from "@millrace/core";
import { quotedName } from "@millrace/core/items";
import { sqlOf } from "../session.ts";
import type { SqlSession } from "../sql-client.ts";
import { columnJson, columnText, type TableColumn } from "./column-text.ts";
import { encodeCopyText } from "./copy-text.ts";
import { upsertStatement } from "./upsert-statement.ts";

/** Where outputs go. */
export interface TableWriterOptions<Output> {
  /** A table's name, found as the database's `search_path` says, or schema and name. */
  readonly table: string | readonly [schema: string, name: string];
  /** Columns written, which are properties of the outputs; others get their defaults. */
  readonly columns: readonly [keyof Output & string, ...(keyof Output & string)[]];
  /**
   * What becomes of a row that a unique constraint refuses: its item fails (`error`, where left out), it is left out
   * (`ignore`), or it takes the place of the one that is there (`update`), of several in one write the last.
   */
  readonly onConflict?: "error" | "ignore" | "update" | undefined;
  /** Columns of the unique constraint meant by `update`, among those written; optional for `ignore`. */
  readonly key?: readonly (keyof Output & string)[] | undefined;
}

/**
 * A writer into a table of the store's own database, PostgreSQL or embedded: rows commit in the transaction of their
 * items' ledger rows, so that each item's row is there exactly once whatever dies and however often a chunk is run. Rows
 * go by COPY, or by one `insert … on conflict`.
 *
 * Text stays as it is; numbers, bigints and booleans, dates, bytes (`Uint8Array`), null and undefined (both NULL), lists
 * for array columns and for `vector`, any JSON value for `json` and `jsonb` columns. What a column cannot take fails its
 * item alone.
 * @throws MillraceError `bad-config`; writing throws `unsupported` on a store without transactions, or in a step with
 * `transactional: false`.
 */
export function tableWriter<Output extends object>(options: TableWriterOptions<Output>): Writer<Output> {
  const target = targetOf(options);
  let known: readonly TableColumn[] | undefined;
  return {
    write: async (outputs, context) => {
      const sql = sessionOf(context);
      known ??= await describe(sql, target);
      await writeRows(sql, { ...target, described: known }, outputs);
    },
  };
}

interface Target {
  /** Quoted. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly onConflict: "error" | "ignore" | "update";
  readonly key: readonly string[];
}

const CONFLICTS = ["error", "ignore", "update"];

function targetOf<Output>(options: TableWriterOptions<Output>): Target {
  refuseUnknownKeys("tableWriter", options, ["table", "columns", "onConflict", "key"]);
  const { table, columns, onConflict = "error", key = [] } = options;
  const parts: readonly unknown[] = Array.isArray(table) ? table : [table];
  if (parts.length > 2) throw badOption("tableWriter.table", table, "a name, or a schema and a name");
  if (!Array.isArray(columns) || columns.length === 0 || new Set(columns).size < columns.length) {
    throw badOption("tableWriter.columns", columns, "a list of columns that differ");
  }
  if (!CONFLICTS.includes(onConflict))
    throw badOption("tableWriter.onConflict", onConflict, CONFLICTS.join(", "));
  const needsKey = onConflict === "update";
  if (
    !Array.isArray(key) ||
    (needsKey && key.length === 0) ||
    key.some((column) => !columns.includes(column))
  ) {
    throw badOption("tableWriter.key", key, "columns among those written, at least one for update");
  }
  for (const column of columns) quotedName("tableWriter.columns", column);
  return {
    table: parts.map((part) => quotedName("tableWriter.table", part)).join("."),
    columns,
    onConflict,
    key,
  };
}

function sessionOf({ transaction }: WriteContext<unknown, unknown>): SqlSession {
  if (transaction !== undefined) return sqlOf(transaction);
  throw new MillraceError(
    "unsupported",
    "tableWriter writes in the store's transaction, and there is none: use PostgreSQL or an embedded store, and no transactional: false",
  );
}

interface DescribedTarget extends Target {
  /** The columns, in their order. */
  readonly described: readonly TableColumn[];
}

const DESCRIBE = `
select attribute.attname::text as name,
  case when type.typname in ('json', 'jsonb') then 'json' when type.typcategory = 'A' then 'list' else 'plain' end as kind
from pg_attribute as attribute
join pg_type as type on type.oid = attribute.atttypid
where attribute.attrelid = to_regclass($1::text) and attribute.attnum > 0 and not attribute.attisdropped`;

/** @throws MillraceError `bad-config` for a table or a column that is not there. */
async function describe(sql: SqlSession, { table, columns }: Target): Promise<readonly TableColumn[]> {
  const rows = await sql.query<TableColumn>(DESCRIBE, [table]);
  if (rows.length === 0) {
    const schema =
      table.includes('"."') || !table.includes(".") ? "" : "; a schema stands apart: [schema, name]";
    throw new MillraceError("bad-config", `there is no table ${table}: create it first${schema}`);
  }
  const byName = new Map(rows.map((row) => [row.name, row]));
  return columns.map((name) => {
    const column = byName.get(name);
    if (column !== undefined) return column;
    throw new MillraceError(
      "bad-config",
      `table ${table} has no column ${name}; it has ${[...byName.keys()].join(", ")}`,
    );
  });
}

async function writeRows(
  sql: SqlSession,
  target: DescribedTarget,
  outputs: readonly object[],
): Promise<void> {
  const { table, described, onConflict } = target;
  if (onConflict === "error") {
    const names = described.map(({ name }) => quotedName("tableWriter.columns", name)).join(", ");
    const rows = outputs.map((output) =>
      described.map((column) => columnText(column, fieldOf(output, column))),
    );
    await sql.copyIn(`copy ${table} (${names}) from stdin`, encodeCopyText(rows));
    return;
  }
  const rows = outputs.map((output) =>
    Object.fromEntries(described.map((column) => [column.name, columnJson(column, fieldOf(output, column))])),
  );
  await sql.query(upsertStatement({ ...target, onConflict }), [JSON.stringify(rows)]);
}

function fieldOf(output: object, { name }: TableColumn): unknown {
  return (output as Readonly<Record<string, unknown>>)[name]; // of the caller's columns
}
