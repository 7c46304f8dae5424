/** Searches on PostgreSQL and PGlite: candidates by vector and by words, fused, their rows fetched, all of one moment. */
import type { SearchHit, SearchQuery } from "../ports/search.ts";
import type { Database, Sql } from "../ports/sql.ts";
import { type CheckedQuery, checkedQuery } from "../search/checked-query.ts";
import { type FilterValues, filterValues } from "../search/filter.ts";
import { type Candidate, depthOf, type RankedHit, ranked } from "../search/fuse.ts";
import { buildMissing, textIndexes } from "./collection-indexes.ts";
import { type ItemRow, itemHit, type PassageRow, passageHit } from "./collection-rows.ts";
import type { VectorKind } from "./collection-schema.ts";
import type { CollectionStatements, StatementName } from "./collection-statements.ts";
import { scanVectors } from "./exact-scan.ts";

/** A collection as searches need it. */
export interface SearchedShape {
  readonly id: number;
  readonly model: string;
  readonly dimensions: number;
  readonly language: string;
  /** Whether its HNSW indexes are there. */
  readonly near: boolean;
}

/** What a search runs on. */
export interface SearchParts {
  readonly database: Database;
  readonly statements: CollectionStatements;
  readonly vectors: VectorKind;
  /** Looks the collection up, in the transaction of the search. */
  shape(sql: Sql): Promise<SearchedShape>;
}

/** A search of one collection, as its lists need it. */
interface Lists extends SearchParts {
  readonly sql: Sql;
  readonly at: SearchedShape;
  readonly query: CheckedQuery;
  readonly filter: FilterValues;
  /** Candidates that each list gives. */
  readonly depth: number;
}

/** Most candidates that pgvector's HNSW looks at. */
const MOST_NEAR = 1_000;

/** Carries out a search. Words need an index first, which the first search by words builds where it is missing. */
export async function searchSql(
  parts: SearchParts,
  name: string,
  asked: SearchQuery,
): Promise<readonly SearchHit[]> {
  const filter = filterValues(asked.filter);
  if (asked.mode !== "vector" && asked.text !== undefined) {
    const { language } = await parts.shape(parts.database);
    await buildMissing(parts.database, parts.statements, textIndexes(language));
  }
  return parts.database.transaction(async (sql) => {
    await sql.query("set transaction isolation level repeatable read, read only");
    const at = await parts.shape(sql);
    const query = await checkedQuery(asked, { ...at, name, hasText: () => hasText({ ...parts, sql, at }) });
    const lists = { ...parts, sql, at, query, filter, depth: depthOf(query.mode, query.limit) };
    const vector = query.mode === "text" ? [] : await byVector(lists);
    const text = query.mode === "vector" ? [] : await byText(lists);
    return hitsOf(lists, ranked({ vector, text }, query.mode, query));
  });
}

async function hasText({ sql, statements, at }: Pick<Lists, "sql" | "statements" | "at">): Promise<boolean> {
  const [row] = await statements.run<{ has_text: boolean }>(sql, "has-text", [at.id]);
  return row?.has_text === true;
}

function byVector(lists: Lists): Promise<readonly Candidate[]> {
  const { at, filter, vectors } = lists;
  if (vectors === "bytea") return byScan(lists);
  const isOpen = filter.every((part) => part === null);
  return at.near && isOpen ? byIndex(lists) : byDistance(lists);
}

function byDistance({ sql, statements, at, query, filter, depth }: Lists): Promise<readonly Candidate[]> {
  return statements.run<Candidate>(sql, "search-vector", [at.id, vectorText(query.vector), depth, ...filter]);
}

/** Filters would leave an index's few candidates without enough that pass, so these have none. */
async function byIndex({ sql, statements, at, query, depth }: Lists): Promise<readonly Candidate[]> {
  await sql.query("select set_config('hnsw.ef_search', $1::text, true)", [
    String(Math.min(MOST_NEAR, Math.max(100, depth * 2))),
  ]);
  const text = statements.text("search-near", nearLiterals(at));
  return sql.query<Candidate>(text, [vectorText(query.vector), depth]);
}

/** What `search-near` says of a collection, for an expression and a condition to be those of its indexes. */
export function nearLiterals({ id, dimensions }: Pick<SearchedShape, "id" | "dimensions">): {
  readonly [placeholder: string]: string;
} {
  return { "= 7": `= ${id}`, "vector(1024)": `vector(${dimensions})` };
}

async function byScan({ sql, statements, at, query, filter, depth }: Lists): Promise<readonly Candidate[]> {
  const scan = async (kind: Candidate["kind"], statement: StatementName): Promise<readonly Candidate[]> => {
    const best = await scanVectors(query.vector, depth, (after, size) =>
      statements.run(sql, statement, [at.id, after ?? null, size, ...filter]),
    );
    return best.map((each) => ({ ...each, kind }));
  };
  const both = [await scan("passage", "scan-passages"), await scan("item", "scan-items")];
  return ranked({ vector: both.flat() }, "vector", { limit: depth });
}

function byText({ sql, statements, at, query, filter, depth }: Lists): Promise<readonly Candidate[]> {
  const text = statements.text("search-text", { "'simple'": `'${at.language}'` });
  return sql.query<Candidate>(text, [at.id, query.text, depth, ...filter]);
}

async function hitsOf(
  { sql, statements, at }: Lists,
  found: readonly RankedHit[],
): Promise<readonly SearchHit[]> {
  const ids = (kind: Candidate["kind"]): readonly string[] =>
    found.filter((hit) => hit.kind === kind).map(({ id }) => id);
  const passages = await rowsById<PassageRow>(ids("passage"), (some) =>
    statements.run(sql, "passages", [some]),
  );
  const items = await rowsById<ItemRow>(ids("item"), (some) => statements.run(sql, "items", [at.id, some]));
  return found.flatMap((hit) => {
    if (hit.kind === "item") {
      const row = items.get(hit.id);
      return row === undefined ? [] : [itemHit(row, hit)];
    }
    const row = passages.get(hit.id);
    return row === undefined ? [] : [passageHit(row, hit)];
  });
}

async function rowsById<Row extends { readonly id: string }>(
  ids: readonly string[],
  fetch: (ids: readonly string[]) => Promise<readonly Row[]>,
): Promise<ReadonlyMap<string, Row>> {
  if (ids.length === 0) return new Map();
  return new Map((await fetch(ids)).map((row) => [row.id, row]));
}

function vectorText(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}
