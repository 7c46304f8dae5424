/** The rules of the SQL client, the same for PGlite and for a server. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MillraceError } from "@millrace/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeCopy } from "./copy-binary.ts";
import { createPgClient } from "./pg/pg-client.ts";
import { createPgliteClient } from "./pglite/pglite-client.ts";
import type { SqlClient } from "./sql-client.ts";

interface Engine {
  readonly name: string;
  create(options?: { readonly callTimeoutMs?: number }): SqlClient;
}

const ENGINES: readonly Engine[] = [
  { name: "pglite", create: (options) => createPgliteClient({ directory: "", inMemory: true, ...options }) },
  { name: "postgres", create: (options) => createPgClient({ url: serverUrl(), ...options }) },
];

function serverUrl(): string {
  const url = process.env.MILLRACE_TEST_POSTGRES_URL;
  if (url === undefined)
    throw new Error("MILLRACE_TEST_POSTGRES_URL names no server; run the tests with npm test");
  return url;
}

function codeOf(error: unknown): string {
  return error instanceof MillraceError ? error.code : `not a MillraceError: ${String(error)}`;
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "no failure",
    (error: unknown) => error,
  );

/** Asks a hasty client until a busy machine lets the answer come in time. */
const answersAgain = (client: SqlClient): PromiseLike<void> =>
  expect.poll(() => client.query("select 1 as one").catch(codeOf)).toEqual([{ one: 1 }]);

describe.each(ENGINES)("a $name client", (engine) => {
  const schema = `rules_${randomUUID().slice(0, 8)}`;
  const table = `${schema}.item`;
  let client: SqlClient;

  beforeAll(async () => {
    client = engine.create();
    await client.open();
    await client.script(`create schema ${schema}; create table ${table} (id int primary key, name text)`);
  });

  afterAll(async () => {
    await client.script(`drop schema ${schema} cascade`);
    await client.close();
  });

  async function names(): Promise<readonly string[]> {
    const rows = await client.query<{ name: string }>(`select name from ${table} order by id`);
    return rows.map((row) => row.name);
  }

  async function emptied(): Promise<void> {
    await client.script(`truncate ${table}`);
  }

  it("says what it opened", async () => {
    const other = engine.create();
    const info = await other.open();
    await other.close();
    expect(info).toMatchObject({ kind: engine.name, version: expect.stringMatching(/^\d+/) });
    expect(info.durability).not.toBe("");
  });

  it.each([
    ["int2", 7, 7],
    ["int4", -2_147_483_648, -2_147_483_648],
    ["int8", 9_223_372_036_854_775_807n, "9223372036854775807"],
    ["int8", 12, "12"],
    ["numeric", "1.50", "1.50"],
    ["float4", 0.5, 0.5],
    ["float8", 0.1, 0.1],
    ["float8", Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ["bool", true, true],
    ["bool", false, false],
    ["text", "", ""],
    ["text", "snow ☃, 𝒳, 'quote', \\ and \n", "snow ☃, 𝒳, 'quote', \\ and \n"],
    ["uuid", "0190f5a0-0000-7000-8000-000000000001", "0190f5a0-0000-7000-8000-000000000001"],
    ["json", '{"a": [1,  2]}', '{"a": [1,  2]}'],
    ["jsonb", '{"a":[1,2]}', '{"a": [1, 2]}'],
    ["bytea", Uint8Array.of(0, 1, 92, 255), Uint8Array.of(0, 1, 92, 255)],
    ["bytea", new Uint8Array(0), new Uint8Array(0)],
    ["int4", null, null],
    ["text", undefined, null],
    ["int4[]", [1, null, 3], "{1,NULL,3}"],
    ["text[]", ['a"b', "c,d", "e\\f", ""], String.raw`{"a\"b","c,d","e\\f",""}`],
    ["int8[]", [1n, 2n], "{1,2}"],
    ["bytea[]", [Uint8Array.of(1, 255)], String.raw`{"\\x01ff"}`],
    ["int4[]", [], "{}"],
  ])("gives back %s %o", async (type, given, expected) => {
    const [row] = await client.query<{ value: unknown }>(`select $1::${type} as value`, [given]);
    expect(row?.value).toStrictEqual(expected);
  });

  it("refuses to bind an object", async () => {
    expect(codeOf(await failure(client.query("select $1::json", [{ a: 1 } as unknown as string])))).toBe(
      "bad-usage",
    );
  });

  it("gives rows as objects by column name, in order", async () => {
    const rows = await client.query(
      "select n as number, 'x' || n as text from generate_series(1, 3) n order by n",
    );
    expect(rows).toEqual([1, 2, 3].map((n) => ({ number: n, text: `x${n}` })));
  });

  it("gives no rows for a statement without any", async () => {
    await emptied();
    expect(await client.query(`insert into ${table} values (1, 'a')`)).toEqual([]);
    expect(await client.query(`update ${table} set name = 'b' returning id`)).toEqual([{ id: 1 }]);
  });

  it("carries 1 MB of text both ways", async () => {
    const text = "wörter ".repeat(150_000);
    const [row] = await client.query<{ text: string }>("select $1::text as text", [text]);
    expect(row?.text).toBe(text);
  });

  it("says what the database refused, and goes on", async () => {
    await emptied();
    await client.query(`insert into ${table} values (1, 'a')`);
    const refused = await failure(client.query(`insert into ${table} values (1, 'secret')`));
    expect(refused).toMatchObject({
      code: "store-failed",
      details: { sqlState: "23505", constraint: "item_pkey" },
      message: expect.not.stringContaining("secret"),
    });
    expect(await names()).toEqual(["a"]);
  });

  it("runs the same statement again after it was refused", async () => {
    const divide = "select 10 / $1::int as result";
    expect(await client.query(divide, [5])).toEqual([{ result: 2 }]);
    expect(await failure(client.query(divide, [0]))).toMatchObject({ details: { sqlState: "22012" } });
    expect(await client.query(divide, [2])).toEqual([{ result: 5 }]);
  });

  it("runs a statement whose columns a script changed", async () => {
    await client.script(`create table ${schema}.wide (a int); insert into ${schema}.wide values (1)`);
    const all = `select * from ${schema}.wide`;
    expect(await client.query(all)).toEqual([{ a: 1 }]);
    await client.script(`alter table ${schema}.wide add b int default 2`);
    await failure(client.query(all));
    expect(await client.query(all)).toEqual([{ a: 1, b: 2 }]);
  });

  it("commits a transaction whose work resolves", async () => {
    await emptied();
    const result = await client.transaction(async (session) => {
      await session.query(`insert into ${table} values ($1, $2)`, [1, "a"]);
      await session.script(`insert into ${table} values (2, 'b'); insert into ${table} values (3, 'c')`);
      return "done";
    });
    expect(result).toBe("done");
    expect(await names()).toEqual(["a", "b", "c"]);
  });

  it("rolls a transaction back whose work rejects, with its error", async () => {
    await emptied();
    const error = new Error("no");
    const refused = failure(
      client.transaction(async (session) => {
        await session.query(`insert into ${table} values (1, 'a')`);
        throw error;
      }),
    );
    expect(await refused).toBe(error);
    expect(await names()).toEqual([]);
  });

  it("never commits a transaction in which a statement failed", async () => {
    await emptied();
    const refused = failure(
      client.transaction(async (session) => {
        await session.query(`insert into ${table} values (1, 'a')`);
        await failure(session.query("select 1 / 0"));
        return "swallowed";
      }),
    );
    expect(codeOf(await refused)).toBe("store-failed");
    expect(await names()).toEqual([]);
  });

  it("keeps other statements out of a transaction", async () => {
    await emptied();
    let outside: Promise<unknown> = Promise.resolve();
    const refused = client.transaction(async (session) => {
      outside = client.query(`insert into ${table} values (2, 'outside')`);
      await session.query(`insert into ${table} values (1, 'inside')`);
      throw new Error("no");
    });
    await failure(refused);
    await outside;
    expect(await names()).toEqual(["outside"]);
  });

  it("ends a session with its transaction", async () => {
    const session = await client.transaction(async (inside) => inside);
    expect(codeOf(await failure(session.query("select 1")))).toBe("bad-usage");
  });

  it("copies binary rows in, all or none", async () => {
    await emptied();
    const copy = `copy ${table} from stdin (format binary)`;
    const rows = Array.from({ length: 1000 }, (_, index) => [index, `name ${index} ☃`]);
    await client.copyIn(copy, encodeCopy(rows, { columns: ["int4", "text"], chunkBytes: 4096 }));
    const twice = encodeCopy([...rows.slice(0, 1), [5000, "new"]], { columns: ["int4", "text"] });
    expect(await failure(client.copyIn(copy, twice))).toMatchObject({ details: { sqlState: "23505" } });
    const stored = await names();
    expect(stored).toEqual(rows.map(([, name]) => name));
  });

  it("copies inside a transaction", async () => {
    await emptied();
    const bytes = new TextEncoder().encode("1\ta\n2\tb\n");
    await failure(
      client.transaction(async (session) => {
        await session.copyIn(`copy ${table} from stdin`, [bytes.slice()]);
        throw new Error("no");
      }),
    );
    expect(await names()).toEqual([]);
    await client.transaction((session) => session.copyIn(`copy ${table} from stdin`, [bytes.slice()]));
    expect(await names()).toEqual(["a", "b"]);
  });

  it("ends a statement that takes too long, and answers the next", async () => {
    const hasty = engine.create({ callTimeoutMs: 1_000 });
    await hasty.open();
    const slow = hasty.query("select count(*) from generate_series(1, 1000000000)");
    expect(codeOf(await failure(slow))).toBe("deadline-exceeded");
    await answersAgain(hasty);
    await hasty.close();
  });

  it("rolls a transaction back that is idle too long", async () => {
    const hasty = engine.create({ callTimeoutMs: 500 });
    await hasty.open();
    let late: unknown;
    const idle = hasty.transaction(async (session) => {
      await session.query("select 1");
      await sleep(1_000);
      late = await failure(session.query("select 1"));
    });
    expect(codeOf(await failure(idle))).toBe("deadline-exceeded");
    await answersAgain(hasty);
    await expect.poll(() => codeOf(late)).toBe("deadline-exceeded");
    await hasty.close();
  });

  it("closes once and for all", async () => {
    const other = engine.create();
    expect(codeOf(await failure(other.query("select 1")))).toBe("bad-usage");
    await other.open();
    await Promise.all([other.close(), other.close()]);
    await other.close();
    const calls = [other.query("select 1"), other.script("select 1"), other.transaction(async () => 1)];
    for (const call of calls) expect(codeOf(await failure(call))).toBe("store-closed");
  });

  it("ends an open transaction when it closes", async () => {
    const other = engine.create();
    await other.open();
    const open = failure(
      other.transaction(async (session) => {
        await session.query("select 1");
        await other.close();
        await session.query("select 2");
      }),
    );
    expect(codeOf(await open)).toBe("store-closed");
  });
});
