/** Reading queries from any cursor on, by a store's client, by `pg`, and within a store's transaction. */
import { randomUUID } from "node:crypto";
import { Placed } from "@millrace/core";
import { type QuerySource, type SqlReaderOptions, sqlReader } from "@millrace/core/items";
import { createPgClient, createPgliteClient, type SqlClient } from "@millrace/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testPostgresUrl } from "../stores/postgres-home.ts";
import { readingFrom } from "./reading.ts";

interface Seen {
  readonly item: Record<string, unknown>;
  readonly cursor: string;
  readonly key: string;
}

async function readAll(options: SqlReaderOptions<Record<string, unknown>>, cursor?: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const given of sqlReader(options).read(readingFrom(cursor))) {
    if (!(given instanceof Placed)) throw new TypeError("a row came without its place");
    seen.push({ item: given.item, cursor: given.cursor, key: given.key });
  }
  return seen;
}

const ENGINES: readonly { readonly name: string; create(): SqlClient }[] = [
  { name: "pglite", create: () => createPgliteClient({ directory: "", inMemory: true }) },
  { name: "postgres", create: () => createPgClient({ url: testPostgresUrl() }) },
];

describe.each(ENGINES)("on $name", ({ name: engine, create }) => {
  const schema = `reader_${randomUUID().slice(0, 8)}`;
  let client: SqlClient;
  let sources: readonly (readonly [string, QuerySource])[] = [];
  const pool = new pg.Pool({ connectionString: testPostgresUrl(), max: 2 });

  beforeAll(async () => {
    client = create();
    await client.open();
    await client.script(`
      create schema ${schema};
      create table ${schema}.event (
        shop text not null, at timestamptz not null, "odd ""name" bigint not null, note text, amount numeric,
        primary key (shop, at, "odd ""name")
      );
      insert into ${schema}.event
      select 'shop ' || n % 3, timestamptz '2026-01-01' + (n / 7) * interval '1 microsecond', 9007199254740993 + n,
        case when n % 5 = 0 then null else E'naughty ''" \\\\ ☃ ' || n end, n / 8.0
      from generate_series(1, 100) as n`);
    sources = [
      ["its client", client as QuerySource],
      ...(engine === "postgres" ? [["pg", pool] as const] : []),
    ];
  });

  afterAll(async () => {
    await client.script(`drop schema ${schema} cascade`);
    await client.close();
    await pool.end();
  });

  const query = () => `select * from ${schema}.event where amount > $1 -- all but one`;
  const cursor = ["shop", "at", 'odd "name'] as const;

  test("pages follow each other by the cursor's columns, none left out, none twice, from any cursor on", async () => {
    for (const [name, database] of sources) {
      const options = { database, query: query(), values: [0.2], cursor, pageSize: 7 };
      const all = await readAll(options);
      expect(all.length, name).toBe(99);
      expect(new Set(all.map(({ key }) => key)).size).toBe(99);
      expect(all.map(({ item }) => item["shop"])).toEqual(all.map(({ item }) => item["shop"]).toSorted());
      for (const index of [0, 6, 7, 50, 97, 98]) {
        expect(await readAll(options, all[index]?.cursor)).toEqual(all.slice(index + 1));
      }
    }
  });

  test("the cursor is exact where the client rounds: microseconds and numbers beyond 2^53", async () => {
    for (const [, database] of sources) {
      const [first] = await readAll({ database, query: query(), values: [0.2], cursor });
      const place = JSON.parse(first?.cursor ?? "") as string[];
      expect(place).toEqual(["shop 0", expect.stringMatching(/^2026-01-01T.*:00/), "9007199254740996"]);
      expect(first?.item['odd "name']).toBe("9007199254740996");
      expect(first?.item).not.toHaveProperty("millrace_cursor");
    }
  });

  test("each page is found by the index, however far it is", async () => {
    const plans: string[] = [];
    await client.transaction(async (session) => {
      await session.script("set local enable_seqscan = off; set local enable_sort = off");
      const database: QuerySource = {
        query: async (text, values) => {
          const bound = values as string[]; // the places of rows
          const rows = await session.query<{ "QUERY PLAN": string }>(`explain ${text}`, bound);
          plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
          return session.query(text, bound);
        },
      };
      await readAll({ database, query: `select * from ${schema}.event`, cursor, pageSize: 60 });
    });
    expect(plans.at(-1)).toMatch(/Index Cond: \(ROW\(/);
    expect(plans.join()).not.toMatch(/offset/i);
  });

  test("a row that came behind the cursor meanwhile is read, one before it is not", async () => {
    const database = client as QuerySource;
    const query = `select n from ${schema}.growing`;
    await client.script(
      `create table ${schema}.growing (n int primary key); insert into ${schema}.growing values (2), (4)`,
    );
    const [first] = await readAll({ database, query, cursor: "n" });
    await client.script(`insert into ${schema}.growing values (1), (3), (5)`);
    expect(
      (await readAll({ database, query, cursor: "n" }, first?.cursor)).map(({ item }) => item["n"]),
    ).toEqual([3, 4, 5]);
  });

  test("rows that the cursor does not tell apart are refused, also where they are on two pages", async () => {
    const database = client as QuerySource;
    const query = "select n, n / 3 as third from generate_series(3, 11) as n";
    for (const pageSize of [1, 2, 3, 5, 500]) {
      await expect(readAll({ database, query, cursor: "third", pageSize })).rejects.toMatchObject({
        code: "bad-input",
        message: expect.stringContaining('the query gives several rows at ["1"]'),
      });
      expect(await readAll({ database, query, cursor: ["third", "n"], pageSize })).toHaveLength(9);
    }
  });

  test("keys, dates and nulls come as JSON has them", async () => {
    const database = client as QuerySource;
    const query = "select 7::int8 as id, null::text as nothing, '{\"a\":1}'::json as doc";
    const [row] = await readAll({ database, query, cursor: "id", key: ({ id }) => `row ${id}` });
    expect(row).toEqual({ key: "row 7", cursor: '["7"]', item: { id: "7", nothing: null, doc: '{"a":1}' } });
    if (engine === "postgres") {
      const [dated] = await readAll({
        database: pool,
        query: "select timestamptz '2026-01-02' as at",
        cursor: "at",
      });
      expect(dated?.item).toEqual({ at: "2026-01-02T00:00:00.000Z" });
    }
  });

  test("what a client makes of values is what JSON has of them, and keys no store can keep are refused", async () => {
    const exact: QuerySource = {
      query: async (text, values) => {
        const answer = await (client as QuerySource).query(text, values);
        const rows = ("rows" in answer ? answer.rows : answer) as readonly Record<string, unknown>[];
        return rows.map((row) => ({ ...row, id: BigInt(String(row["id"])), nothing: undefined }));
      },
    };
    const query = "select 9007199254740993::int8 as id, 1 as nothing";
    const [row] = await readAll({ database: exact, query, cursor: "id" });
    expect(row?.item).toEqual({ id: "9007199254740993", nothing: null });
    await expect(readAll({ database: exact, query, cursor: "id", key: () => "" })).rejects.toMatchObject({
      code: "bad-input",
      message: expect.stringContaining("has a key that is not"),
    });
  });

  test("null in the cursor's columns, bytes and a cursor of other columns are refused", async () => {
    const database = client as QuerySource;
    await expect(
      readAll({ database, query: "select n from (values (1), (null)) as t (n)", cursor: "n" }),
    ).rejects.toMatchObject({ code: "bad-input", message: expect.stringContaining("null") });
    await expect(
      readAll({ database, query: "select 1 as n, '\\x00'::bytea as raw", cursor: "n" }),
    ).rejects.toMatchObject({ code: "bad-input", message: expect.stringContaining("raw") });
    await expect(
      readAll({ database, query: "select 1 as n", cursor: "n" }, '["1","2"]'),
    ).rejects.toMatchObject({
      reason: "changed",
    });
  });
});

test("options that mean nothing are refused", () => {
  const database = { query: async () => [] };
  const options = { database, query: "select 1 as n", cursor: "n" };
  expect(() => sqlReader({ ...options, database: {} as never })).toThrow("sqlReader.database");
  expect(() => sqlReader({ ...options, query: " " })).toThrow("sqlReader.query");
  expect(() => sqlReader({ ...options, query: "select 1;\n" })).toThrow("a select without a semicolon");
  expect(() => sqlReader({ ...options, cursor: [] as never })).toThrow("sqlReader.cursor");
  expect(() => sqlReader({ ...options, cursor: "" })).toThrow("sqlReader.cursor");
  expect(() => sqlReader({ ...options, pageSize: 0 })).toThrow("sqlReader.pageSize");
  expect(() => sqlReader({ ...options, offset: 1 } as never)).toThrow('no option "offset"');
});
