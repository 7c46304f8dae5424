/** Writing rows: values come out as they went in, conflicts as the options say, all in the transaction given. */
import { randomUUID } from "node:crypto";
import { ClassedError, type Transaction, type WriteContext, type Writer } from "@millrace/core";
import {
  createPgClient,
  createPgliteClient,
  type SqlClient,
  sqlStore,
  type TableWriterOptions,
  tableWriter,
} from "@millrace/postgres";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testPostgresUrl } from "../stores/postgres-home.ts";

const ENGINES: readonly { readonly name: string; create(): SqlClient }[] = [
  { name: "pglite", create: () => createPgliteClient({ directory: "", inMemory: true }) },
  { name: "postgres", create: () => createPgClient({ url: testPostgresUrl() }) },
];

type Row = Record<string, unknown>;

function inTransaction(transaction: Transaction | undefined): WriteContext<unknown, unknown> {
  return { transaction } as WriteContext<unknown, unknown>; // all the writer looks at
}

describe.each(ENGINES)("on $name", ({ create }) => {
  const schema = `writer_${randomUUID().slice(0, 8)}`;
  const table = [schema, 'odd "table'] as const;
  const quoted = `${schema}."odd ""table"`;
  let client: SqlClient;

  beforeAll(async () => {
    client = create();
    await client.open();
    await client.script(`
      create schema ${schema};
      create table ${quoted} (
        id bigint primary key, "the ""text" text, flag boolean, amount numeric, ratio float8, at timestamptz, day date,
        raw bytea, doc jsonb, plain json, tags text[], grid int[], uid uuid, added timestamptz not null default now()
      )`);
  });
  beforeEach(() => client.script(`truncate ${quoted}`));
  afterAll(async () => {
    await client.script(`drop schema ${schema} cascade`);
    await client.close();
  });

  async function write(writer: Writer<Row>, rows: readonly Row[]): Promise<void> {
    const { transactions } = sqlStore(client, { schema }).capabilities;
    await transactions?.run(async (transaction) => writer.write(rows, inTransaction(transaction)));
  }

  function writerOf(columns: readonly string[], more: Partial<TableWriterOptions<Row>> = {}): Writer<Row> {
    return tableWriter<Row>({ table, columns: columns as [string], ...more });
  }

  const FORMS = [
    ["COPY", {}],
    ["an insert that updates", { onConflict: "update", key: ["id"] }],
    ["an insert that ignores", { onConflict: "ignore" }],
  ] as const;

  describe.each(FORMS)("by %s", (_form, options) => {
    test("every kind of value arrives in its column", async () => {
      const row = {
        id: 9_007_199_254_740_993n,
        'the "text': 'it\'s \\N \\. {"a"} \t\n\r ☃ 𝒳',
        flag: false,
        amount: "12345678901234567890.123456789",
        ratio: Number.POSITIVE_INFINITY,
        at: new Date("2026-01-02T03:04:05.678Z"),
        day: "2026-02-28",
        raw: Uint8Array.of(0, 92, 255),
        doc: { a: [1, null, '\\"☃'], b: true },
        plain: "only text",
        tags: ['a,"b\\', null, "", "NULL", "{}"],
        grid: [
          [1, 2],
          [3, 4],
        ],
        uid: "0190f5a0-0000-7000-8000-0000000000ff",
      };
      await write(writerOf(Object.keys(row), options), [row]);
      const [stored] = await client.query<Row>(
        `select id, "the ""text", flag, amount, ratio, to_json(at) #>> '{}' as at, day, raw, doc = $1::jsonb as doc,
           plain, to_json(tags)::text as tags, to_json(grid)::text as grid, uid, added is not null as added
         from ${quoted}`,
        [JSON.stringify(row.doc)],
      );
      expect(stored).toEqual({
        ...row,
        id: "9007199254740993",
        at: expect.stringMatching(/05\.678/),
        doc: true,
        plain: '"only text"',
        tags: JSON.stringify(row.tags),
        grid: JSON.stringify(row.grid),
        added: true,
      });
    });

    test("null, undefined and what is not there are NULL", async () => {
      const columns = ["id", 'the "text', "doc", "tags", "raw"];
      await write(writerOf(columns, options), [{ id: 1, 'the "text': null, doc: undefined, tags: null }]);
      expect(await client.query(`select "the ""text", doc, tags, raw from ${quoted}`)).toEqual([
        { 'the "text': null, doc: null, tags: null, raw: null },
      ]);
    });

    test("any text comes out as it went in", async () => {
      const text = fc.oneof(
        fc.string({ unit: "binary" }).filter((value) => value.isWellFormed() && !value.includes("\0")),
        fc.string({
          unit: fc.constantFrom("\\", "N", ".", "\t", "\n", "\r", "\b", "\v", '"', "'", "{", "}", ",", "$"),
        }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (values) => {
          await client.script(`truncate ${quoted}`);
          const rows = values.map((value, id) => ({ id, 'the "text': value, tags: [value], doc: [value] }));
          await write(writerOf(["id", 'the "text', "tags", "doc"], options), rows);
          const stored = await client.query<Row>(
            `select "the ""text" as value, tags[1] as tag, doc ->> 0 as doc from ${quoted} order by id`,
          );
          expect(stored).toEqual(values.map((value) => ({ value, tag: value, doc: value })));
        }),
        { numRuns: 25 },
      );
    });

    test.each([
      ["NUL", "\0"],
      ["half a surrogate pair", "\ud800"],
      ["a function", () => 1],
      ["a date that is none", new Date(Number.NaN)],
    ])("%s is refused by the column's name, and nothing is written", async (_what, value) => {
      const rows = [{ id: 1 }, { id: 2, 'the "text': value }];
      const refused = write(writerOf(["id", 'the "text'], options), rows);
      await expect(refused).rejects.toThrow(ClassedError);
      await expect(refused).rejects.toThrow('column the "text cannot take');
      expect(await client.query(`select from ${quoted}`)).toEqual([]);
    });

    test("what the column's type does not take is the database's refusal", async () => {
      await expect(write(writerOf(["id"], options), [{ id: "seven" }])).rejects.toMatchObject({
        code: "store-failed",
        details: { sqlState: "22P02" },
      });
    });

    test("a table and a column that are not there are named", async () => {
      await expect(
        write(writerOf(["id"], { ...options, table: [schema, "none"] }), [{ id: 1 }]),
      ).rejects.toMatchObject({
        code: "bad-config",
        message: expect.stringMatching(/none": create it first$/),
      });
      await expect(
        write(writerOf(["id"], { ...options, table: `${schema}.none` }), [{ id: 1 }]),
      ).rejects.toThrow(
        `there is no table "${schema}.none": create it first; a schema stands apart: [schema, name]`,
      );
      await expect(write(writerOf(["id", "nothing"], options), [{ id: 1 }])).rejects.toMatchObject({
        code: "bad-config",
        message: expect.stringContaining("has no column nothing"),
      });
    });
  });

  const stored = () => client.query<Row>(`select id, "the ""text" as text from ${quoted} order by id`);
  const old = { id: 1, 'the "text': "old" };
  const rows = [
    { id: 2, 'the "text': "first" },
    { id: 1, 'the "text': "new" },
    { id: 2, 'the "text': "last" },
  ];
  const columns = ["id", 'the "text'];

  test("a conflict is refused where nothing else was said", async () => {
    await write(writerOf(columns), [old]);
    await expect(write(writerOf(columns), rows)).rejects.toMatchObject({ details: { sqlState: "23505" } });
    expect(await stored()).toEqual([{ id: "1", text: "old" }]);
  });

  test("a row updates the one of its key, and of several in one write the last counts", async () => {
    await write(writerOf(columns), [old]);
    await write(writerOf(columns, { onConflict: "update", key: ["id"] }), rows);
    expect(await stored()).toEqual([
      { id: "1", text: "new" },
      { id: "2", text: "last" },
    ]);
    await write(writerOf(["id"], { onConflict: "update", key: ["id"] }), [{ id: 1 }, { id: 3 }]);
    expect(await stored()).toMatchObject([{ text: "new" }, { text: "last" }, { id: "3", text: null }]);
  });

  test("a row is left out where its key is there", async () => {
    await write(writerOf(columns), [old]);
    for (const key of [[], ["id"]]) await write(writerOf(columns, { onConflict: "ignore", key }), rows);
    expect(await stored()).toEqual([
      { id: "1", text: "old" },
      { id: "2", text: "first" },
    ]);
  });

  test("thousands of rows go in one COPY", async () => {
    const many = Array.from({ length: 20_000 }, (_, id) => ({ id, 'the "text': "x".repeat(100) }));
    await write(writerOf(columns), many);
    expect(await client.query(`select count(*) as n, sum(id) as sum from ${quoted}`)).toEqual([
      { n: "20000", sum: "199990000" },
    ]);
  });

  test("rows are there only if the transaction commits", async () => {
    const { transactions } = sqlStore(client, { schema }).capabilities;
    const rolledBack = transactions?.run(async (transaction) => {
      await writerOf(columns).write([old], inTransaction(transaction));
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    expect(await stored()).toEqual([]);
  });
});

test("without a transaction it says what it needs", async () => {
  const writer = tableWriter<Row>({ table: "t", columns: ["id"] });
  await expect(writer.write([{ id: 1 }], inTransaction(undefined))).rejects.toMatchObject({
    code: "unsupported",
  });
});

test("options that mean nothing are refused", () => {
  const options = { table: "t", columns: ["id"] } as const;
  const made = (more: object) => () => tableWriter<Row>({ ...options, ...more } as never);
  expect(made({ table: "" })).toThrow("tableWriter.table");
  expect(made({ table: ["a", "b", "c"] })).toThrow("tableWriter.table");
  expect(made({ columns: [] })).toThrow("tableWriter.columns");
  expect(made({ columns: ["a", "a"] })).toThrow("tableWriter.columns");
  expect(made({ columns: ["x".repeat(64)] })).toThrow("tableWriter.columns");
  expect(made({ onConflict: "replace" })).toThrow("tableWriter.onConflict");
  expect(made({ onConflict: "update" })).toThrow("tableWriter.key");
  expect(made({ onConflict: "update", key: ["other"] })).toThrow("tableWriter.key");
  expect(made({ upsert: true })).toThrow('no option "upsert"');
});
