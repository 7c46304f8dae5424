/** Reading a document back from its rows. */
import type { Lineage } from "../ports/lineage.ts";
import type { PageText } from "../ports/splitter.ts";
import type { Sql } from "../ports/sql.ts";
import type { StoredDocument } from "../ports/swap.ts";
import { metadataOf, type PassageRow } from "./collection-rows.ts";
import type { CollectionStatements } from "./collection-statements.ts";

interface DocumentRow {
  readonly source: string;
  readonly hash: string;
  readonly pipeline: string;
  readonly format: string;
  readonly engine: string;
  readonly bytes: string;
  readonly extract_ms: number;
  readonly lineage: string | null;
}

interface StoredPassageRow extends PassageRow {
  readonly ordinal: number;
  readonly tokens: number;
}

/** The document of a source; its rows must be of one moment, so `sql` is a transaction with one snapshot. */
export async function readDocument(
  { sql, statements }: { readonly sql: Sql; readonly statements: CollectionStatements },
  collection: number,
  source: string,
): Promise<StoredDocument | undefined> {
  const at = [collection, source];
  const [row] = await statements.run<DocumentRow>(sql, "stored-document", at);
  if (row === undefined) return undefined;
  const pages = await statements.run<PageText>(sql, "stored-pages", at);
  const passages = await statements.run<StoredPassageRow>(sql, "stored-passages", at);
  const { hash, pipeline, format, engine, bytes, extract_ms: extractMs } = row;
  const [first] = passages;
  return {
    ...{ source, hash, pipeline, format, engine, bytes: Number(bytes), extractMs, pages },
    ...(row.lineage === null ? {} : { lineage: JSON.parse(row.lineage) as Lineage }), // written by documentRow
    ...(first === undefined ? {} : metadataOf(first)),
    ...(row.lineage === null ? {} : { lineage: JSON.parse(row.lineage) as Lineage }), // written by documentRow
    passages: passages.map(passageOf),
  };
}

function passageOf(row: StoredPassageRow): StoredDocument["passages"][number] {
  return {
    id: row.id,
    ordinal: row.ordinal,
    pageStart: row.page_start,
    pageEnd: row.page_end,
    start: row.start_at,
    end: row.end_at,
    headingPath: JSON.parse(row.heading_path) as string[], // written by passageRows
    tokens: row.tokens,
    text: row.body,
  };
}
