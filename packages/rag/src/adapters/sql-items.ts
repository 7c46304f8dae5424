/** Writing items in bulk: COPY into a table of the session's, and one upsert from there. */
import type { UpsertResult } from "../ports/items.ts";
import type { Database, Sql } from "../ports/sql.ts";
import type { CheckedItems } from "../search/checked-items.ts";
import { ITEM_COLUMNS, itemRows } from "./collection-rows.ts";
import type { VectorKind } from "./collection-schema.ts";
import type { CollectionStatements } from "./collection-statements.ts";

/** Items of one COPY: an embedded database holds all of it at once. */
const SLICE = 5_000;

/** Writes them in the transaction of `sql`. */
export async function writeItems(
  parts: {
    readonly database: Database;
    readonly statements: CollectionStatements;
    readonly vectors: VectorKind;
    readonly sql: Sql;
    /** Whether the transaction is the caller's, which may have written items before. */
    readonly isJoined: boolean;
  },
  collection: number,
  { items, duplicates }: CheckedItems,
): Promise<UpsertResult> {
  const { database, statements, vectors, sql } = parts;
  const instead = { bytea: vectors };
  await sql.query(statements.text("load-items", instead));
  let inserted = 0;
  let updated = 0;
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0 || parts.isJoined) await sql.query(statements.text("empty-load", instead));
    const rows = itemRows(items.slice(from, from + SLICE), vectors);
    await sql.copyIn(
      statements.text("copy-items", instead),
      database.encode([...ITEM_COLUMNS, vectors], rows),
    );
    const [wrote] = await sql.query<{ inserted: number; updated: number }>(
      statements.text("upsert-items", instead),
      [collection],
    );
    inserted += wrote?.inserted ?? 0;
    updated += wrote?.updated ?? 0;
  }
  return { inserted, updated, duplicates };
}
