/** Collections on PostgreSQL and PGlite: pgvector where the server has it, else bytes and an exact scan. */
import { MillraceError, type Transaction } from "@millrace/core";
import { migrations, queries } from "../generated/sources.ts";
import type {
  Collection,
  CollectionShape,
  Collections,
  DocumentVersion,
  IndexedDocument,
  SearchHit,
} from "../ports/collections.ts";
import type { CopyColumn, Database, Sql, SqlValue } from "../ports/sql.ts";
import { scanVectors } from "./exact-scan.ts";

const PASSAGE_COLUMNS: readonly CopyColumn[] = [
  "uuid",
  "int4",
  "text",
  "int4",
  "int4",
  "int4",
  "int4",
  "int4",
  "int4",
  "text",
  "text",
];
const PAGE_COLUMNS: readonly CopyColumn[] = ["int4", "text", "int4", "text"];
const NO_PGVECTOR =
  "the server has no pgvector extension: vectors are kept as bytes and searched by an exact scan; install pgvector for large collections";

interface Shape {
  readonly id: number;
  readonly model: string;
  readonly dimensions: number;
}

/** Collections in a database schema (default `millrace`, shared with the store). */
export class SqlCollections implements Collections {
  readonly #database: Database;
  readonly #schema: string;
  #vectors: "vector" | "bytea" = "vector";

  constructor(database: Database, schema = "millrace") {
    this.#database = database;
    this.#schema = schema;
  }

  async prepare(): Promise<string | undefined> {
    this.#vectors = await this.#database.transaction((sql) => this.#migrate(sql));
    return this.#vectors === "bytea" ? NO_PGVECTOR : undefined;
  }

  async ensure(shape: CollectionShape): Promise<void> {
    await this.#run(this.#database, "ensure", [shape.name, shape.model, shape.dimensions]);
    const is = await this.#shape(shape.name);
    if (is.model === shape.model && is.dimensions === shape.dimensions) return;
    throw new MillraceError(
      "collection-mismatch",
      `collection "${shape.name}" holds ${is.dimensions}-dimensional vectors of ${is.model}; ` +
        `this run makes ${shape.dimensions}-dimensional ones of ${shape.model}: use another collection or remove this one`,
      { details: { collection: shape.name, has: is, wanted: shape } },
    );
  }

  async list(): Promise<readonly Collection[]> {
    const rows = await this.#run<ListRow>(this.#database, "list", [null]);
    return rows.map(collectionOf);
  }

  async get(name: string): Promise<Collection | undefined> {
    const rows = await this.#run<ListRow>(this.#database, "list", [name]);
    return rows[0] === undefined ? undefined : collectionOf(rows[0]);
  }

  async remove(name: string): Promise<boolean> {
    return (await this.#run(this.#database, "remove", [name])).length > 0;
  }

  async versions(
    collection: string,
    sources: readonly string[],
  ): Promise<ReadonlyMap<string, DocumentVersion>> {
    const { id } = await this.#shape(collection);
    const rows = await this.#run<DocumentVersion & { source: string }>(this.#database, "versions", [
      id,
      sources,
    ]);
    return new Map(rows.map(({ source, ...version }) => [source, version]));
  }

  async sources(
    collection: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly string[]> {
    const { id } = await this.#shape(collection);
    const rows = await this.#run<{ source: string }>(this.#database, "sources", [
      id,
      page.after ?? null,
      page.limit,
    ]);
    return rows.map((row) => row.source);
  }

  async replace(
    collection: string,
    documents: readonly IndexedDocument[],
    transaction?: Transaction,
  ): Promise<void> {
    const write = async (sql: Sql): Promise<void> => {
      const { id } = await this.#shape(collection, sql);
      await this.#run(sql, "document", [id, JSON.stringify(documents.map(documentRow))]);
      await this.#run(sql, "clear", [id, documents.map(({ source }) => source)]);
      await sql.copyIn(
        this.#text("copy-pages"),
        this.#database.encode(PAGE_COLUMNS, pageRows(id, documents)),
      );
      const columns = [...PASSAGE_COLUMNS, this.#vectors];
      const passages = passageRows(id, documents, this.#vectors);
      await sql.copyIn(this.#text("copy-passages"), this.#database.encode(columns, passages));
    };
    await (transaction === undefined
      ? this.#database.transaction(write)
      : write(this.#database.joined(transaction)));
  }

  async forget(collection: string, sources: readonly string[], transaction?: Transaction): Promise<number> {
    const sql = transaction === undefined ? this.#database : this.#database.joined(transaction);
    const { id } = await this.#shape(collection, sql);
    return (await this.#run(sql, "forget", [id, sources])).length;
  }

  async pageText(
    collection: string,
    page: { readonly source: string; readonly number: number },
  ): Promise<string | undefined> {
    const { id } = await this.#shape(collection);
    const rows = await this.#run<{ body: string }>(this.#database, "page", [id, page.source, page.number]);
    return rows[0]?.body;
  }

  async search(collection: string, vector: Float32Array, limit: number): Promise<readonly SearchHit[]> {
    const { id, dimensions } = await this.#shape(collection);
    if (vector.length !== dimensions) {
      throw new MillraceError(
        "collection-mismatch",
        `collection "${collection}" holds ${dimensions}-dimensional vectors; the query has ${vector.length}`,
      );
    }
    if (this.#vectors === "vector") {
      const rows = await this.#run<HitRow>(this.#database, "search-vector", [
        id,
        `[${vector.join(",")}]`,
        limit,
      ]);
      return rows.map((row) => hitOf(row, row.score));
    }
    return this.#exactSearch(id, vector, limit);
  }

  async #exactSearch(id: number, vector: Float32Array, limit: number): Promise<readonly SearchHit[]> {
    const best = await scanVectors(vector, limit, (after, size) =>
      this.#run(this.#database, "scan", [id, after ?? null, size]),
    );
    const rows = await this.#run<HitRow>(this.#database, "passages", [best.map((hit) => hit.id)]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return best.flatMap((hit) => {
      const row = byId.get(hit.id);
      return row === undefined ? [] : [hitOf(row, hit.score)];
    });
  }

  async #shape(name: string, sql: Sql = this.#database): Promise<Shape> {
    const rows = await this.#run<Shape>(sql, "shape", [name]);
    if (rows[0] !== undefined) return rows[0];
    throw new MillraceError("not-found", `there is no collection "${name}" in this store`);
  }

  async #migrate(sql: Sql): Promise<"vector" | "bytea"> {
    await sql.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `millrace:${this.#schema}:collections`,
    ]);
    await sql.script(
      this.#qualified(
        `create schema if not exists "${this.#schema}";
         create table if not exists millrace.collection_migration (name text primary key, at timestamptz not null default now())`,
      ),
    );
    const done = await sql.query<{ name: string }>(
      this.#qualified("select name from millrace.collection_migration"),
    );
    const ran = new Set(done.map((row) => row.name));
    if (ran.has("0001-vector")) return "vector";
    if (ran.has("0001-bytea")) return "bytea";
    const kind = await availableVectors(sql);
    const migration = migrations.find(({ name }) => name === `0001-${kind}`);
    if (migration === undefined) throw new TypeError(`migration 0001-${kind} is not embedded`);
    await sql.script(this.#qualified(migration.text));
    await sql.query(this.#qualified("insert into millrace.collection_migration (name) values ($1)"), [
      migration.name,
    ]);
    return kind;
  }

  #run<Row extends object>(
    sql: Sql,
    name: keyof typeof queries,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    return sql.query<Row>(this.#text(name), values);
  }

  #text(name: keyof typeof queries): string {
    return this.#qualified(queries[name]);
  }

  #qualified(text: string): string {
    return text.replaceAll("millrace.", `"${this.#schema}".`);
  }
}

async function availableVectors(sql: Sql): Promise<"vector" | "bytea"> {
  const rows = await sql.query("select 1 from pg_available_extensions where name = 'vector'");
  return rows.length > 0 ? "vector" : "bytea";
}

interface ListRow {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  readonly created: string;
  readonly documents: string;
  readonly pages: string;
  readonly passages: string;
}

function collectionOf(row: ListRow): Collection {
  return {
    name: row.name,
    model: row.model,
    dimensions: row.dimensions,
    documents: Number(row.documents),
    pages: Number(row.pages),
    passages: Number(row.passages),
    createdAtMs: Number(row.created),
  };
}

function documentRow(document: IndexedDocument): object {
  return {
    source: document.source,
    hash: document.hash,
    pipeline: document.pipeline,
    format: document.format,
    engine: document.engine,
    bytes: document.bytes,
    pages: document.pages.length,
    passages: document.passages.length,
    extract_ms: Math.round(document.extractMs),
  };
}

function* pageRows(collection: number, documents: readonly IndexedDocument[]): Iterable<readonly unknown[]> {
  for (const { source, pages } of documents) {
    for (const page of pages) yield [collection, source, page.number, page.text];
  }
}

function* passageRows(
  collection: number,
  documents: readonly IndexedDocument[],
  vectors: "vector" | "bytea",
): Iterable<readonly unknown[]> {
  for (const { source, passages } of documents) {
    for (const passage of passages) {
      yield [
        passage.id,
        collection,
        source,
        passage.ordinal,
        passage.pageStart,
        passage.pageEnd,
        passage.start,
        passage.end,
        passage.tokens,
        JSON.stringify(passage.headingPath),
        passage.text,
        vectors === "vector" ? passage.vector : bytesOf(passage.vector),
      ];
    }
  }
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

interface HitRow {
  readonly id: string;
  readonly source: string;
  readonly page_start: number;
  readonly page_end: number;
  readonly start_at: number;
  readonly end_at: number;
  readonly heading_path: string;
  readonly body: string;
  readonly score: number;
}

function hitOf(row: HitRow, score: number): SearchHit {
  return {
    id: row.id,
    source: row.source,
    pageStart: row.page_start,
    pageEnd: row.page_end,
    start: row.start_at,
    end: row.end_at,
    headingPath: JSON.parse(row.heading_path) as string[], // written by passageRows
    text: row.body,
    score,
  };
}
