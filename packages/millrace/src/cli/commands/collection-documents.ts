/** The documents of a collection, each with how it was made. */
import type { Collections, DocumentRecord } from "@millrace/rag";
import type { Format } from "../output.ts";
import type { Shell } from "../shell.ts";
import { renderTable } from "../table.ts";
import { count, localTime, nearPath } from "../words.ts";

const PAGE = 1_000;
/** Rows that a table is laid out for at once. */
const TABLE_PAGE = 1_000;

/** Prints all of them, by path: a table, one JSON array, or a line each. */
export async function printDocuments(
  { terminal, folder }: Shell,
  {
    collections,
    name,
    format,
  }: { readonly collections: Collections; readonly name: string; readonly format: Format },
): Promise<void> {
  if (format === "json") {
    const all: DocumentRecord[] = [];
    for await (const document of documentsOf(collections, name)) all.push(document);
    terminal.print(JSON.stringify(all.map(recordOf), null, 2));
    return;
  }
  let rows: DocumentRecord[] = [];
  for await (const document of documentsOf(collections, name)) {
    if (format === "ndjson") terminal.print(JSON.stringify(recordOf(document)));
    else rows.push(document);
    if (rows.length < TABLE_PAGE) continue;
    terminal.print(tableOf(rows, folder));
    rows = [];
  }
  if (rows.length > 0) terminal.print(tableOf(rows, folder));
}

async function* documentsOf(collections: Collections, name: string): AsyncGenerator<DocumentRecord> {
  let after: string | undefined;
  for (;;) {
    const page = await collections.documents(name, { after, limit: PAGE });
    yield* page;
    after = page.at(-1)?.source;
    if (page.length < PAGE) return;
  }
}

function recordOf({ indexedAtMs, ...rest }: DocumentRecord): object {
  return { ...rest, indexedAt: new Date(indexedAtMs).toISOString() };
}

function tableOf(rows: readonly DocumentRecord[], folder: string): string {
  const ms = (row: DocumentRecord, stage: "extract" | "split" | "embed"): string =>
    row.lineage === undefined ? "" : count(row.lineage.ms[stage]);
  return renderTable<DocumentRecord>(
    [
      { title: "document", cell: ({ source }) => nearPath(source, folder) },
      { title: "engine", cell: ({ engine, lineage }) => engineOf(engine, lineage?.engineVersion) },
      { title: "pages", align: "right", cell: ({ pages }) => count(pages) },
      { title: "passages", align: "right", cell: ({ passages }) => count(passages) },
      {
        title: "tokens",
        align: "right",
        cell: ({ lineage }) => (lineage === undefined ? "" : count(lineage.tokens)),
      },
      { title: "extract ms", align: "right", cell: (row) => ms(row, "extract") },
      { title: "split ms", align: "right", cell: (row) => ms(row, "split") },
      { title: "embed ms", align: "right", cell: (row) => ms(row, "embed") },
      { title: "indexed", cell: ({ indexedAtMs }) => localTime(indexedAtMs) },
    ],
    rows,
  ).join("\n");
}

function engineOf(engine: string, version: string | undefined): string {
  return version === undefined ? engine : `${engine} ${version}`;
}
