/** Collections on PostgreSQL and PGlite: pgvector where the server has it, else bytes and an exact scan. */
import { MillraceError, type Transaction } from "@millrace/core";
import { queries } from "../generated/sources.ts";
import type {
  Collection,
  CollectionShape,
  Collections,
  DocumentVersion,
  IndexedDocument,
  Prepared,
  SearchHit,
} from "../ports/collections.ts";
import type { DocumentRecord } from "../ports/lineage.ts";
import type { Database, Sql, SqlValue } from "../ports/sql.ts";
import {
  collectionOf,
  documentRow,
  type HitRow,
  hitOf,
  type ListRow,
  PAGE_COLUMNS,
  PASSAGE_COLUMNS,
  pageRows,
  passageRows,
} from "./collection-rows.ts";
import { inSchema, migrateCollections, preparedState, type VectorKind } from "./collection-schema.ts";
import { type DocumentRecordRow, recordOf } from "./document-record-row.ts";
import { scanVectors } from "./exact-scan.ts";

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
  #vectors: VectorKind = "vector";

  constructor(database: Database, schema = "millrace") {
    this.#database = database;
    this.#schema = schema;
  }

  async prepare(): Promise<string | undefined> {
    this.#vectors = await this.#database.transaction((sql) => migrateCollections(sql, this.#schema));
    return this.#vectors === "bytea" ? NO_PGVECTOR : undefined;
  }

  prepared(): Promise<Prepared> {
    return preparedState(this.#database, this.#schema);
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

  async documents(
    collection: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly DocumentRecord[]> {
    const { id } = await this.#shape(collection);
    const values = [id, page.after ?? null, page.limit];
    const rows = await this.#run<DocumentRecordRow>(this.#database, "document-records", values);
    return rows.map(recordOf);
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

  #run<Row extends object>(
    sql: Sql,
    name: keyof typeof queries,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    return sql.query<Row>(this.#text(name), values);
  }

  #text(name: keyof typeof queries): string {
    return inSchema(queries[name], this.#schema);
  }
}
