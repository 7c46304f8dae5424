/** Writing items in bulk: new ones by COPY straight into their table, others by COPY and an upsert from there. */
import { MillraceError } from "@millrace/core";
import type { UpsertResult } from "../ports/items.ts";
import type { Database, Sql } from "../ports/sql.ts";
import type { CheckedItems, WritableItem } from "../search/checked-items.ts";
import { byBytes } from "../search/fuse.ts";
import { ITEM_COLUMNS, itemRows, newItemRows } from "./collection-rows.ts";
import type { VectorKind } from "./collection-schema.ts";
import type { CollectionStatements } from "./collection-statements.ts";

/** Items of one COPY: an embedded database holds all of it at once. */
const SLICE = 5_000;
const ALREADY_THERE = "23505";

/** What writes, and where. */
export interface ItemWriter {
  readonly database: Database;
  readonly statements: CollectionStatements;
  readonly vectors: VectorKind;
  /** The transaction it all happens in. */
  readonly sql: Sql;
  /** The collection's id. */
  readonly collection: number;
}

/**
 * Writes them in the transaction. New ids first, then those that are there, each in their order: writers of the same items
 * then wait for each other and never in a circle.
 */
export async function writeItems(
  writer: ItemWriter,
  { items, duplicates }: CheckedItems,
): Promise<UpsertResult> {
  const inOrder = [...items].sort((a, b) => byBytes(a.id, b.id));
  const known = await knownIds(writer, inOrder);
  const isNew = ({ id }: WritableItem): boolean => !known.has(id);
  if (await copyNew(writer, inOrder.filter(isNew))) {
    const { updated } = await upsert(
      writer,
      inOrder.filter((item) => !isNew(item)),
    );
    return { inserted: items.length - updated, updated, duplicates };
  }
  return { ...(await upsert(writer, inOrder)), duplicates };
}

async function knownIds(
  { statements, sql, collection }: ItemWriter,
  items: readonly WritableItem[],
): Promise<ReadonlySet<string>> {
  if (items.length === 0) return new Set();
  const ids = items.map(({ id }) => id);
  const rows = await statements.run<{ id: string }>(sql, "known-items", [collection, ids]);
  return new Set(rows.map(({ id }) => id));
}

/** Whether they are in; not where another writer has put in one of them since they were looked up. */
async function copyNew(writer: ItemWriter, items: readonly WritableItem[]): Promise<boolean> {
  const { database, statements, vectors, sql, collection } = writer;
  if (items.length === 0) return true;
  await sql.query("savepoint new_items");
  try {
    for (const slice of slicesOf(items)) {
      const rows = newItemRows(collection, slice, vectors);
      const columns = ["int4", ...ITEM_COLUMNS, vectors] as const;
      await sql.copyIn(statements.text("copy-new-items"), database.encode(columns, rows));
    }
    await sql.query("release savepoint new_items");
    return true;
  } catch (error) {
    if (!(error instanceof MillraceError) || error.details["sqlState"] !== ALREADY_THERE) throw error;
    await sql.query("rollback to savepoint new_items");
    return false;
  }
}

async function upsert(
  writer: ItemWriter,
  items: readonly WritableItem[],
): Promise<{ readonly inserted: number; readonly updated: number }> {
  const { database, statements, vectors, sql, collection } = writer;
  const text = (name: "load-items" | "empty-load" | "copy-items" | "upsert-items"): string =>
    statements.text(name, { bytea: vectors });
  let inserted = 0;
  let updated = 0;
  if (items.length > 0) await sql.query(text("load-items"));
  for (const slice of slicesOf(items)) {
    await sql.query(text("empty-load"));
    const rows = itemRows(slice, vectors);
    await sql.copyIn(text("copy-items"), database.encode([...ITEM_COLUMNS, vectors], rows));
    const [wrote] = await sql.query<{ inserted: number; updated: number }>(text("upsert-items"), [
      collection,
    ]);
    inserted += wrote?.inserted ?? 0;
    updated += wrote?.updated ?? 0;
  }
  return { inserted, updated };
}

function* slicesOf(items: readonly WritableItem[]): Iterable<readonly WritableItem[]> {
  for (let from = 0; from < items.length; from += SLICE) yield items.slice(from, from + SLICE);
}
