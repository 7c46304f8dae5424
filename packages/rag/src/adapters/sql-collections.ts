/** Collections on PostgreSQL and PGlite: pgvector where the server has it, else bytes and an exact scan. */
import type { Transaction } from "@millrace/core";
import type {
  Collection,
  CollectionShape,
  Collections,
  DocumentVersion,
  IndexedDocument,
  KnownShape,
  Prepared,
} from "../ports/collections.ts";
import type { CollectionItem, UpsertResult } from "../ports/items.ts";
import type { DocumentRecord } from "../ports/lineage.ts";
import type { SearchHit, SearchQuery } from "../ports/search.ts";
import type { Database, Sql, SqlValue } from "../ports/sql.ts";
import type { CollectionSwaps } from "../ports/swap.ts";
import { checkedItems } from "../search/checked-items.ts";
import { notFound, refuseOther } from "../search/other-shape.ts";
import { buildMissing, checkLanguage, nearIndexes, textIndexes } from "./collection-indexes.ts";
import {
  collectionOf,
  documentRow,
  type ListRow,
  PAGE_COLUMNS,
  PASSAGE_COLUMNS,
  pageRows,
  passageRows,
} from "./collection-rows.ts";
import { migrateCollections, preparedState, type VectorKind } from "./collection-schema.ts";
import { CollectionStatements, type StatementName } from "./collection-statements.ts";
import { type DocumentRecordRow, recordOf } from "./document-record-row.ts";
import { dropRetired } from "./retired.ts";
import { writeItems } from "./sql-items.ts";
import { type SearchedShape, type SearchParts, searchSql } from "./sql-search.ts";
import { SqlSwaps } from "./sql-swap.ts";

const NO_PGVECTOR =
  "the server has no pgvector extension: vectors are kept as bytes and searched by an exact scan; install pgvector for large collections";

/** Most dimensions that pgvector's HNSW takes. */
const MOST_INDEXED = 2_000;

/** How collections are kept. */
export interface SqlCollectionsOptions {
  /** Default `millrace`, shared with the store. */
  readonly schema?: string | undefined;
  /** How a new database keeps vectors: by default in pgvector's type where the server has it. */
  readonly vectors?: VectorKind | undefined;
}

/** Collections in a schema of a database. */
export class SqlCollections implements Collections {
  readonly #database: Database;
  readonly #statements: CollectionStatements;
  readonly #wanted: VectorKind | undefined;
  readonly swaps: CollectionSwaps;
  #vectors: VectorKind = "vector";

  constructor(database: Database, { schema = "millrace", vectors }: SqlCollectionsOptions = {}) {
    this.#database = database;
    this.#statements = new CollectionStatements(schema);
    this.#wanted = vectors;
    this.swaps = new SqlSwaps(database, this.#statements);
  }

  async prepare(): Promise<string | undefined> {
    this.#vectors = await this.#database.transaction((sql) =>
      migrateCollections(sql, this.#statements.schema, this.#wanted),
    );
    return this.#vectors === "bytea" ? NO_PGVECTOR : undefined;
  }

  prepared(): Promise<Prepared> {
    return preparedState(this.#database, this.#statements.schema);
  }

  async ensure(shape: CollectionShape): Promise<void> {
    const { name, model, dimensions, language } = shape;
    if (language !== undefined) await checkLanguage(this.#database, this.#statements, language);
    await this.#run(this.#database, "ensure", [name, model, dimensions, language ?? "simple"]);
    refuseOther(await this.#shape(name), shape);
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
    const retired = await this.#run(this.#database, "retire", [name]);
    await dropRetired(this.#database, this.#statements);
    return retired.length > 0;
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
    await this.#writing(collection, transaction, async (sql, { id }) => {
      await this.#run(sql, "document", [id, JSON.stringify(documents.map(documentRow))]);
      await this.#run(sql, "clear", [id, documents.map(({ source }) => source)]);
      await sql.copyIn(
        this.#text("copy-pages"),
        this.#database.encode(PAGE_COLUMNS, pageRows(id, documents)),
      );
      const columns = [...PASSAGE_COLUMNS, this.#vectors];
      const passages = passageRows(id, documents, this.#vectors);
      await sql.copyIn(this.#text("copy-passages"), this.#database.encode(columns, passages));
    });
  }

  async forget(collection: string, sources: readonly string[], transaction?: Transaction): Promise<number> {
    return this.#writing(collection, transaction, async (sql, { id }) => {
      return (await this.#run(sql, "forget", [id, sources])).length;
    });
  }

  async pageText(
    collection: string,
    page: { readonly source: string; readonly number: number },
  ): Promise<string | undefined> {
    const { id } = await this.#shape(collection);
    const rows = await this.#run<{ body: string }>(this.#database, "page", [id, page.source, page.number]);
    return rows[0]?.body;
  }

  async shape(name: string): Promise<KnownShape | undefined> {
    const [row] = await this.#statements.run<SearchedShape>(this.#database, "shape", [
      name,
      this.#statements.schema,
    ]);
    if (row === undefined) return undefined;
    const { model, dimensions, language } = row;
    return { name, model, dimensions, language };
  }

  search(collection: string, query: SearchQuery): Promise<readonly SearchHit[]> {
    return searchSql({ ...this.#parts(), shape: (sql) => this.#shape(collection, sql) }, collection, query);
  }

  async upsertItems(
    collection: string,
    items: readonly CollectionItem[],
    transaction?: Transaction,
  ): Promise<UpsertResult> {
    return this.#writing(collection, transaction, (sql, { id, dimensions }) => {
      const checked = checkedItems(items, { name: collection, dimensions });
      return writeItems({ ...this.#parts(), sql, collection: id }, checked);
    });
  }

  async knownItems(collection: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { id } = await this.#shape(collection);
    const rows = await this.#run<{ id: string }>(this.#database, "known-items", [id, ids]);
    return new Set(rows.map((row) => row.id));
  }

  async removeItems(collection: string, ids: readonly string[], transaction?: Transaction): Promise<number> {
    return this.#writing(collection, transaction, async (sql, { id }) => {
      return (await this.#run(sql, "remove-items", [id, ids])).length;
    });
  }

  async count(collection: string): Promise<number> {
    const { id } = await this.#shape(collection);
    const [row] = await this.#run<{ vectors: string }>(this.#database, "count", [id]);
    return Number(row?.vectors ?? 0);
  }

  async buildIndexes(collection: string): Promise<readonly string[]> {
    const { id, dimensions, language } = await this.#shape(collection);
    const near = this.#vectors === "vector" && dimensions <= MOST_INDEXED ? nearIndexes(id, dimensions) : [];
    return buildMissing(this.#database, this.#statements, [...textIndexes(language), ...near]);
  }

  #parts(): Pick<SearchParts, "database" | "statements" | "vectors"> {
    return { database: this.#database, statements: this.#statements, vectors: this.#vectors };
  }

  /** Writes in the caller's transaction, or in one of its own; a swap of the collection waits for its end. */
  #writing<T>(
    collection: string,
    transaction: Transaction | undefined,
    write: (sql: Sql, at: SearchedShape) => Promise<T>,
  ): Promise<T> {
    const work = async (sql: Sql): Promise<T> => {
      await this.#run(sql, "writes-on", [this.#statements.schema, collection]);
      return write(sql, await this.#shape(collection, sql));
    };
    return transaction === undefined
      ? this.#database.transaction(work)
      : work(this.#database.joined(transaction));
  }

  async #shape(name: string, sql: Sql = this.#database): Promise<SearchedShape> {
    const [row] = await this.#statements.run<SearchedShape>(sql, "shape", [name, this.#statements.schema]);
    if (row !== undefined) return row;
    throw notFound(name);
  }

  #run<Row extends object>(
    sql: Sql,
    name: StatementName,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    return this.#statements.run<Row>(sql, name, values);
  }

  #text(name: StatementName): string {
    return this.#statements.text(name);
  }
}
