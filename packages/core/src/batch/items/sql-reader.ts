/** Reads the rows of a query page by page, each from behind the last row of the one before. */
import { ClassedError, MillraceError } from "../../model/errors.ts";
import { checkJson } from "../../model/json.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import type { ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import { isKey, KEY_TAKES } from "../item-key.ts";
import { Placed } from "../placed.ts";
import { quotedName } from "./quoted-name.ts";

/** A row as a client of the database gives it. */
type Row = Readonly<Record<string, unknown>>;

/** What runs the statements: a `pg` client or pool, a store's transaction, or anything with this function. */
export interface QuerySource {
  /** Gives the rows, or an object that has them as `rows`. Values are bound as `$1`, `$2` … */
  query(text: string, values: unknown[]): Promise<readonly object[] | { readonly rows: readonly object[] }>;
}

/** How a query is read. */
export interface SqlReaderOptions<Item> {
  readonly database: QuerySource;
  /** One `select` without a semicolon, that gives the cursor's columns among others. */
  readonly query: string;
  /** Bound in the query as `$1`, `$2` … */
  readonly values?: readonly unknown[] | undefined;
  /** Columns of the result that no two rows have alike together, none of them null; the order rows are read in. */
  readonly cursor: string | readonly [string, ...string[]];
  /** Names a row in the ledger. The values of the cursor's columns where left out. */
  readonly key?: ((item: Item) => string) | undefined;
  /** Rows fetched at once, 1 to 10,000. 500 where left out. */
  readonly pageSize?: number | undefined;
}

/**
 * A reader of a query on PostgreSQL, or on what speaks as it does: rows in the order of the cursor's columns, a page at a
 * time, each page from behind the last row of the one before, so that the millionth row costs what the first does where
 * an index has these columns in this order. After a restart reading goes on behind the last row that was read: a row
 * that has come before it meanwhile is not read, and none is read twice.
 *
 * Rows are items as the client gives them, dates as ISO text and bigints as digits; for any other form cast in the query.
 * @throws MillraceError `bad-config`; reading throws `bad-input` where a row has null in the cursor (it is asked for once,
 * at the start), where two rows have all of it alike, or for a column JSON cannot hold.
 */
export function sqlReader<Item extends object = Row>(options: SqlReaderOptions<Item>): Reader<Item> {
  refuseUnknownKeys("sqlReader", options, ["database", "query", "values", "cursor", "key", "pageSize"]);
  const source = sourceOf(options);
  return { read: (context) => readPages(source, context) };
}

interface Source<Item> {
  readonly database: QuerySource;
  readonly values: readonly unknown[];
  readonly columns: number;
  readonly pageSize: number;
  readonly key: ((item: Item) => string) | undefined;
  /** Gives a row where one has null in the cursor: comparing would pass over it in silence. */
  readonly nulls: string;
  /** The first page's statement, and that of a page from behind a row. */
  readonly first: string;
  readonly later: string;
}

const MOST_ROWS = 10_000;

function sourceOf<Item>(options: SqlReaderOptions<Item>): Source<Item> {
  const { database, query, values = [], cursor, key, pageSize = 500 } = options;
  if (typeof database?.query !== "function") {
    throw badOption("sqlReader.database", database, "something with a function `query(text, values)`");
  }
  if (typeof query !== "string" || query.trim() === "") throw badOption("sqlReader.query", query, "a select");
  if (query.trimEnd().endsWith(";"))
    throw badOption("sqlReader.query", query, "a select without a semicolon");
  const columns = typeof cursor === "string" ? [cursor] : cursor;
  if (!Array.isArray(columns) || columns.length === 0) {
    throw badOption("sqlReader.cursor", cursor, "a column, or a list of them");
  }
  if (!Number.isSafeInteger(pageSize) || pageSize < 1 || pageSize > MOST_ROWS) {
    throw badOption("sqlReader.pageSize", pageSize, `a whole number from 1 to ${MOST_ROWS}`);
  }
  const names = columns.map((column) => quotedName("sqlReader.cursor", column));
  const parts = { query, names, behind: values.length, pageSize };
  return {
    database,
    values,
    columns: names.length,
    pageSize,
    key,
    nulls: `select 1 from (\n${query}\n) as q where ${names.map((name) => `q.${name} is null`).join(" or ")} limit 1`,
    first: statement({ ...parts, isFirst: true }),
    later: statement({ ...parts, isFirst: false }),
  };
}

/** What the statement adds to each row: the cursor's values as text, exactly, whatever the client makes of columns. */
const PLACE = "millrace_cursor";

/** JSON gives dates and numbers in one form, however the session is set, and drops nothing of them. */
function statement(at: {
  readonly query: string;
  readonly names: readonly string[];
  readonly behind: number;
  readonly pageSize: number;
  readonly isFirst: boolean;
}): string {
  const columns = at.names.map((name) => `q.${name}`);
  const texts = columns.map((column) => `to_json(${column}) #>> '{}'`);
  const bound = columns.map((_, index) => `$${at.behind + index + 1}`);
  const order = columns.join(", ");
  const behind = at.isFirst ? "" : `where (${order}) > (${bound.join(", ")})\n`;
  return `select q.*, json_build_array(${texts.join(", ")})::text as ${PLACE}
from (
${at.query}
) as q
${behind}order by ${order}
limit ${at.pageSize + 1}`;
}

async function* readPages<Item>(
  source: Source<Item>,
  { cursor, signal }: Pick<ReadContext<unknown>, "cursor" | "signal">,
): AsyncGenerator<Placed<Item>, void, void> {
  if (cursor === undefined) await refuseNulls(source);
  for (let after = cursor; ; ) {
    signal.throwIfAborted();
    const rows = (await page(source, after)).map((row) => placedRow(source, row));
    refuseTies(rows);
    for (const placed of rows.slice(0, source.pageSize)) {
      after = placed.cursor;
      yield placed;
    }
    if (rows.length <= source.pageSize) return;
  }
}

async function refuseNulls<Item>({ database, values, nulls }: Source<Item>): Promise<void> {
  const rows = rowsOf(await database.query(nulls, [...values]));
  if (rows.length === 0) return;
  throw new MillraceError(
    "bad-input",
    "the query gives rows with null in a column of the cursor: leave them out, or order by columns that are never null",
  );
}

/** Each page has one row of the next: rows at one place would part there, and the next page begin behind all of them. */
function refuseTies(rows: readonly Placed<unknown>[]): void {
  const tie = rows.findIndex(({ cursor }, index) => index > 0 && cursor === rows[index - 1]?.cursor);
  if (tie === -1) return;
  throw new MillraceError(
    "bad-input",
    `the query gives several rows at ${rows[tie]?.cursor.slice(0, MAX_SHOWN)}, and some would be left out: ` +
      "add a column to the cursor that tells them apart, such as the primary key",
  );
}

const MAX_SHOWN = 200;

/** A page, and one row more where there is one. */
async function page<Item>(source: Source<Item>, after: string | undefined): Promise<readonly Row[]> {
  const { database, values, first, later } = source;
  if (after === undefined) return rowsOf(await database.query(first, [...values]));
  return rowsOf(await database.query(later, [...values, ...placeOf(after, source.columns)]));
}

function rowsOf(answer: Awaited<ReturnType<QuerySource["query"]>>): readonly Row[] {
  return ("rows" in answer ? answer.rows : answer) as readonly Row[]; // rows are objects by column
}

function placeOf(cursor: string, columns: number): readonly string[] {
  const place: unknown = JSON.parse(cursor);
  if (Array.isArray(place) && place.length === columns) return place;
  throw new ClassedError(
    "validation",
    "changed",
    `${cursor} is no place among rows ordered by ${columns} columns: the reader has changed, start a new run`,
  );
}

function placedRow<Item>({ key }: Source<Item>, { [PLACE]: place, ...row }: Row): Placed<Item> {
  const cursor = String(place); // the query casts it to text
  const item = Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, plain(name, value)]),
  ) as Item;
  const name = key === undefined ? cursor : key(item);
  if (!isKey(name)) {
    throw new MillraceError(
      "bad-input",
      `the row at ${cursor.slice(0, MAX_SHOWN)} has a key that is not ${KEY_TAKES}`,
    );
  }
  return new Placed(item, { cursor, key: name });
}

function plain(name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Date) return value.toISOString();
  const given = value === undefined ? null : value;
  try {
    checkJson(given, `column ${name}`);
    return given;
  } catch (error) {
    throw notJson(name, error);
  }
}

function notJson(column: string, cause: unknown): MillraceError {
  const message = `column ${column} holds what JSON cannot: cast it in the query`;
  return new MillraceError("bad-input", message, { cause });
}
