/** Enqueueing in transactions of the caller's own database library, on a real server. */
import { createMillrace, defineJob, type JobEnqueueOptions, type Millrace } from "@millrace/core";
import { drizzle } from "drizzle-orm/node-postgres";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPgClient } from "../pg/pg-client.ts";
import { createPgliteClient } from "../pglite/pglite-client.ts";
import { sqlStore } from "../sql-store.ts";
import { type Library, libraries } from "./libraries.fixture.ts";

const SCHEMA = "foreign_join";
const greet = defineJob({ name: "greet", run: (input: { to: string }) => `hello ${input.to}` });

function serverUrl(): string {
  const url = process.env["MILLRACE_TEST_POSTGRES_URL"];
  if (url === undefined) throw new TypeError("MILLRACE_TEST_POSTGRES_URL is not set");
  return url;
}

const all = libraries(serverUrl());
const admin = createPgClient({ url: serverUrl() });
const store = sqlStore(createPgClient({ url: serverUrl() }), { schema: SCHEMA });
let mr: Millrace;

beforeAll(async () => {
  await admin.open();
  await admin.script(`drop schema if exists ${SCHEMA} cascade; drop schema if exists foreign_app cascade;
    create schema foreign_app; create table foreign_app.job (id text); create table foreign_app.orders (n int)`);
  mr = createMillrace({ store, jobs: [greet] });
  await mr.open();
});

beforeEach(() =>
  admin.script(`delete from ${SCHEMA}.job; delete from ${SCHEMA}.finished; delete from foreign_app.orders`),
);

afterAll(async () => {
  await mr.close();
  for (const { end } of all) await end();
  await admin.script(`drop schema ${SCHEMA} cascade; drop schema foreign_app cascade`);
  await admin.close();
});

async function inputs(): Promise<readonly unknown[]> {
  return (await mr.jobs.list()).rows.map((row) => row.input);
}

async function orders(): Promise<number> {
  return (await admin.query("select 1 from foreign_app.orders")).length;
}

describe.each(all.map((library) => [library.name, library] as const))("%s", (_name, library: Library) => {
  test("jobs are there once the caller commits, and not before", async () => {
    await library.transaction(async (transaction, sql) => {
      await sql("insert into foreign_app.orders values (1)");
      await mr.enqueue(greet, { to: "a" }, { transaction });
      const many = await mr.enqueueMany(greet, [{ to: "b" }, { to: "c" }], { transaction });
      expect(many).toMatchObject({ enqueued: 2 });
      expect(await inputs()).toEqual([]);
    });
    expect(await inputs()).toEqual([{ to: "c" }, { to: "b" }, { to: "a" }]);
    expect(await orders()).toBe(1);
  });

  test("jobs are gone when the caller rolls back", async () => {
    const undone = new Error("undone");
    const rolledBack = library.transaction(async (transaction, sql) => {
      await sql("insert into foreign_app.orders values (1)");
      await mr.enqueue(greet, { to: "a" }, { transaction });
      await mr.enqueueMany(greet, [{ to: "b" }], { transaction });
      throw undone;
    });
    await expect(rolledBack).rejects.toBe(undone);
    expect(await inputs()).toEqual([]);
    expect(await orders()).toBe(0);
  });

  test("values and options arrive as they do without a transaction", async () => {
    const odd = { to: `{"a":[1,'2',"\\u0000"]}\\ \u0000 \ud800 \u{1f9ff} $1 {x,y} :name ?` };
    const options: JobEnqueueOptions = {
      tags: ["{a}", '"b"', "\\"],
      tenant: "it's",
      priority: "bulk",
      delay: "1h",
    };
    await mr.enqueue(greet, odd, options);
    await library.transaction(async (transaction) => {
      await mr.enqueue(greet, odd, { ...options, transaction });
    });
    const [joined, alone] = (await mr.jobs.list()).rows;
    const own = { id: "", createdAt: "", updatedAt: "", runAt: "" };
    expect({ ...joined, ...own }).toEqual({ ...alone, ...own });
    expect(joined?.input).toEqual(odd);
  });

  test("a search path with a table called job of its own does not matter", async () => {
    await library.transaction(async (transaction, sql) => {
      await sql("set local search_path = foreign_app");
      await mr.enqueue(greet, { to: "a" }, { transaction });
      await sql("insert into orders values (1)");
    });
    expect(await inputs()).toEqual([{ to: "a" }]);
  });

  test("nothing is prepared by name on the caller's connection", async () => {
    await library.transaction(async (transaction, sql) => {
      for (const to of ["a", "b"]) await mr.enqueue(greet, { to }, { transaction });
      await sql(
        "insert into foreign_app.orders select 1 from pg_prepared_statements where statement like '%json_to_recordset%'",
      );
    });
    expect(await orders()).toBe(0);
    expect(await inputs()).toHaveLength(2);
  });

  test("an error is the one a transaction of the store's own gives, and there is no second try", async () => {
    const failed = library.transaction(async (transaction, sql) => {
      await sql("set local transaction read only");
      const refusal = { code: "store-failed", details: { sqlState: "25006" } };
      await expect(mr.enqueue(greet, { to: "a" }, { transaction })).rejects.toMatchObject(refusal);
      const ended = { code: "store-failed", details: { sqlState: "25P02" } };
      await expect(mr.enqueue(greet, { to: "b" }, { transaction })).rejects.toMatchObject(ended);
      throw new Error("undone");
    });
    await expect(failed).rejects.toThrow();
    expect(await inputs()).toEqual([]);
  });

  test("a connection that the server cuts is unreachable", async (context) => {
    context.skip(
      !library.outlivesCuts,
      "postgres.js writes to the socket it no longer has and ends the process",
    );
    const cut = library.transaction(async (transaction, sql) => {
      await sql("set application_name = 'cut_here'");
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut_here'",
      );
      await expect(mr.enqueue(greet, { to: "a" }, { transaction })).rejects.toMatchObject({
        code: "store-unreachable",
      });
    });
    await expect(cut).rejects.toThrow();
    expect(await inputs()).toEqual([]);
  });

  test("a handler settles in it, and its saves go with it", async () => {
    const seen: unknown[] = [];
    const charge = defineJob({
      name: "charge",
      run: async (_input, ctx) => {
        let settled = ctx.complete({ charged: true });
        await library.transaction(async (transaction, sql) => {
          await sql("insert into foreign_app.orders values (7)");
          await ctx.save({ checkpoint: "half" }, transaction);
          settled = await ctx.settle(settled, transaction);
        });
        seen.push(ctx.checkpoint);
        return settled;
      },
    });
    const own = sqlStore(createPgClient({ url: serverUrl() }), { schema: SCHEMA });
    const charging = createMillrace({ store: own, jobs: [charge] });
    charging.worker();
    const { result } = await charging.enqueue(charge, null);
    expect(await result({ timeout: "60s" })).toEqual({ charged: true });
    expect(seen).toEqual(["half"]);
    expect(await orders()).toBe(1);
    await charging.close();
  });
});

describe("what is no open transaction is refused by name", () => {
  const pool = new pg.Pool({ connectionString: serverUrl(), max: 2 });
  const sql = postgres(serverUrl(), { max: 1 });
  afterAll(async () => {
    await pool.end();
    await sql.end();
  });

  test.each([
    ["a pg pool", () => pool, /it is a pg pool, and a pool is no transaction; use one client/],
    ["postgres.js itself", () => sql, /use sql\.begin/],
    ["Drizzle itself", () => drizzle(pool), /it is Drizzle's NodePgDatabase; use the tx of db\.transaction/],
    ["Kysely itself", () => new Kysely({ dialect: new PostgresDialect({ pool }) }), /it is Kysely itself/],
    ["a text", () => "begin", /it is a string/],
    ["null", () => null, /it is null/],
    [
      "an object of any kind",
      () => ({ query: () => [] }),
      /it is Object\. `transaction` takes what mr\.transaction/,
    ],
  ])("%s", async (_what, given, message) => {
    const transaction = given() as never; // what the types refuse
    await expect(mr.enqueue(greet, { to: "a" }, { transaction })).rejects.toMatchObject({
      code: "bad-usage",
      message: expect.stringMatching(message),
    });
    expect(await inputs()).toEqual([]);
  });

  test.each([true, false])("a pg client outside a transaction (says so itself: %s)", async (saysSo) => {
    const client = await pool.connect();
    if (!saysSo) Object.defineProperty(client, "getTransactionStatus", { value: undefined });
    const transaction = client;
    await expect(mr.enqueue(greet, { to: "a" }, { transaction })).rejects.toMatchObject({
      code: "bad-usage",
      message: expect.stringMatching(/has none open: await client\.query\("begin"\) first/),
    });
    await client.query("begin");
    await mr.enqueue(greet, { to: "b" }, { transaction });
    await client.query("commit");
    client.release(!saysSo);
    expect(await inputs()).toEqual([{ to: "b" }]);
  });

  test("the types know them, too", async () => {
    const kysely = new Kysely({ dialect: new PostgresDialect({ pool }) });
    const _typed = async () => {
      // @ts-expect-error a pool is no transaction
      await mr.enqueue(greet, { to: "a" }, { transaction: pool });
      // @ts-expect-error nor is postgres.js itself
      await mr.enqueue(greet, { to: "a" }, { transaction: sql });
      // @ts-expect-error nor Drizzle
      await mr.enqueue(greet, { to: "a" }, { transaction: drizzle(pool) });
      // @ts-expect-error nor Kysely
      await mr.enqueue(greet, { to: "a" }, { transaction: kysely });
    };
    expect(_typed).toBeTypeOf("function");
  });

  test("an embedded store takes only its own", async () => {
    const embedded = createMillrace({
      store: sqlStore(createPgliteClient({ directory: "unused", inMemory: true })),
      jobs: [greet],
    });
    const client = await pool.connect();
    await client.query("begin");
    await expect(embedded.enqueue(greet, { to: "a" }, { transaction: client })).rejects.toMatchObject({
      code: "bad-usage",
      message: expect.stringContaining("mr.transaction"),
    });
    await client.query("rollback");
    client.release();
    await embedded.close();
  });
});
