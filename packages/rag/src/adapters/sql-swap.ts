/** Swaps of collections in a database. */
import { randomUUID } from "node:crypto";
import type { Collection, CollectionShape } from "../ports/collections.ts";
import type { Database, Sql } from "../ports/sql.ts";
import type { CollectionSwaps, PageFrom, StoredDocument, StoredItem } from "../ports/swap.ts";
import { noSwap, notFound, sameModel } from "../search/other-shape.ts";
import { buildMissing, nearIndexes } from "./collection-indexes.ts";
import { collectionOf, type ItemRow, type ListRow, metadataOf } from "./collection-rows.ts";
import type { CollectionStatements } from "./collection-statements.ts";
import { dropRetired } from "./retired.ts";
import type { SearchedShape } from "./sql-search.ts";
import { readDocument } from "./stored-document.ts";

/** A version and the one that is to take its place. */
interface Pair {
  readonly old: SearchedShape;
  readonly now: SearchedShape;
}

/** Swaps over the tables of collections. */
export class SqlSwaps implements CollectionSwaps {
  readonly #database: Database;
  readonly #statements: CollectionStatements;

  constructor(database: Database, statements: CollectionStatements) {
    this.#database = database;
    this.#statements = statements;
  }

  async beginSwap(shape: Pick<CollectionShape, "name" | "model" | "dimensions">): Promise<string> {
    const { name, model, dimensions } = shape;
    const old = await this.#shape(this.#database, name);
    if (old === undefined) throw notFound(name);
    if (old.model === model && old.dimensions === dimensions) throw sameModel(shape);
    const begun = await this.swapOf(name);
    if (begun !== undefined && (begun.model !== model || begun.dimensions !== dimensions))
      await this.abandonSwap(name);
    const own = `${name}\u0001${randomUUID()}`;
    await this.#statements.run(this.#database, "swap-begin", [name, own, model, dimensions]);
    return this.#newName(this.#database, name);
  }

  async swapOf(name: string): Promise<Collection | undefined> {
    const [state] = await this.#statements.run<{ name: string }>(this.#database, "swap-state", [name]);
    if (state === undefined) return undefined;
    const [row] = await this.#statements.run<ListRow>(this.#database, "list", [state.name]);
    return row === undefined ? undefined : collectionOf(row);
  }

  async documentsBehind(name: string, page: PageFrom): Promise<readonly string[]> {
    const pair = await this.#pair(this.#database, name);
    return this.#documentsBehind(this.#database, pair, page);
  }

  async itemsBehind(name: string, page: PageFrom): Promise<readonly StoredItem[]> {
    const pair = await this.#pair(this.#database, name);
    return this.#itemsBehind(this.#database, pair, page);
  }

  async storedDocument(collection: string, source: string): Promise<StoredDocument | undefined> {
    return this.#database.transaction(async (sql) => {
      await sql.query("set transaction isolation level repeatable read, read only");
      const at = await this.#shape(sql, collection);
      if (at === undefined) throw notFound(collection);
      return readDocument({ sql, statements: this.#statements }, at.id, source);
    });
  }

  async finishSwap(name: string): Promise<"switched" | "behind"> {
    const { old, now } = await this.#pair(this.#database, name);
    await this.#statements.run(this.#database, "drop-gone", [now.id, old.id]);
    if (old.near) await buildMissing(this.#database, this.#statements, nearIndexes(now.id, now.dimensions));
    const hasSwitched = await this.#database.transaction((sql) => this.#switch(sql, name));
    if (!hasSwitched) return "behind";
    await dropRetired(this.#database, this.#statements);
    return "switched";
  }

  async abandonSwap(name: string): Promise<boolean> {
    const [state] = await this.#statements.run<{ name: string }>(this.#database, "swap-state", [name]);
    if (state === undefined) return false;
    await this.#statements.run(this.#database, "retire", [state.name]);
    await dropRetired(this.#database, this.#statements);
    return true;
  }

  /** Under a lock that no writer to the old version holds. */
  async #switch(sql: Sql, name: string): Promise<boolean> {
    await this.#statements.run(sql, "writes-off", [this.#statements.schema, name]);
    const pair = await this.#pair(sql, name);
    if (await this.#isBehind(sql, pair)) return false;
    await this.#statements.run(sql, "retire-one", [name]);
    await this.#statements.run(sql, "switch", [name]);
    return true;
  }

  async #isBehind(sql: Sql, pair: Pair): Promise<boolean> {
    const page = { limit: 1 };
    if ((await this.#documentsBehind(sql, pair, page)).length > 0) return true;
    if ((await this.#itemsBehind(sql, pair, page)).length > 0) return true;
    const { old, now } = pair;
    const [row] = await this.#statements.run<{ gone: boolean }>(sql, "has-gone", [now.id, old.id]);
    return row?.gone === true;
  }

  async #documentsBehind(
    sql: Sql,
    { old, now }: Pair,
    { after, limit }: PageFrom,
  ): Promise<readonly string[]> {
    const values = [old.id, now.id, old.model, now.model, after ?? null, limit];
    const rows = await this.#statements.run<{ source: string }>(sql, "behind-documents", values);
    return rows.map(({ source }) => source);
  }

  async #itemsBehind(
    sql: Sql,
    { old, now }: Pair,
    { after, limit }: PageFrom,
  ): Promise<readonly StoredItem[]> {
    const values = [old.id, now.id, after ?? null, limit];
    const rows = await this.#statements.run<ItemRow>(sql, "behind-items", values);
    return rows.map((row) => ({
      id: row.id,
      text: row.body ?? undefined,
      metadata: metadataOf(row).metadata,
    }));
  }

  async #pair(sql: Sql, name: string): Promise<Pair> {
    const old = await this.#shape(sql, name);
    const now = await this.#shape(sql, await this.#newName(sql, name));
    if (old === undefined || now === undefined) throw noSwap(name);
    return { old, now };
  }

  async #newName(sql: Sql, name: string): Promise<string> {
    const [state] = await this.#statements.run<{ name: string }>(sql, "swap-state", [name]);
    if (state === undefined) throw noSwap(name);
    return state.name;
  }

  async #shape(sql: Sql, name: string): Promise<SearchedShape | undefined> {
    const [row] = await this.#statements.run<SearchedShape>(sql, "shape", [name, this.#statements.schema]);
    return row;
  }
}
