/** What is particular to a server: connections that break, run out, or are refused. */
import { type AddressInfo, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import pg from "pg";
import { expect, test } from "vitest";
import type { SqlClient } from "../sql-client.ts";
import { createPgClient, type PgClientOptions } from "./pg-client.ts";

function serverUrl(): string {
  const url = process.env.MILLRACE_TEST_POSTGRES_URL;
  if (url === undefined)
    throw new Error("MILLRACE_TEST_POSTGRES_URL names no server; run the tests with npm test");
  return url;
}

/** The server's URL with some parts of it changed. */
function urlWith(
  changes: Partial<Pick<URL, "username" | "password" | "pathname" | "port" | "hostname">>,
): string {
  return Object.assign(new URL(serverUrl()), changes).href;
}

async function opened(options: PgClientOptions = {}): Promise<ReturnType<typeof createPgClient>> {
  const client = createPgClient({ url: serverUrl(), ...options });
  await client.open();
  return client;
}

const BACKEND = "select pg_backend_pid() as pid";

async function backendOf(client: Awaited<ReturnType<typeof opened>>): Promise<number> {
  const [row] = await client.query<{ pid: number }>(BACKEND);
  return row?.pid ?? 0;
}

/** Ends a server process; resolves when it is gone, and this process has read so. */
async function end(admin: SqlClient, pid: number): Promise<void> {
  expect(await admin.query("select pg_terminate_backend($1, 60000) as gone", [pid])).toEqual([
    { gone: true },
  ]);
  await turn(); // what came no later than this answer is read in the same turn
  await turn();
}

test.each([
  ["a port nobody listens on", { port: "1" }, /ECONNREFUSED/],
  ["a host that does not exist", { hostname: "nowhere.invalid" }, /ENOTFOUND|EAI_AGAIN/],
  ["a database that does not exist", { pathname: "/nowhere" }, /3D000/],
  ["a user that does not exist", { username: "nobody_here" }, /28000|28P01/],
])("%s is unreachable, named without the password", async (_case, changes, reason) => {
  const url = urlWith({ password: "hunter2", ...changes });
  const { hostname, port, pathname } = new URL(url);
  const failure: unknown = await createPgClient({ url })
    .open()
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "store-unreachable", message: expect.stringMatching(reason) });
  expect(String(failure)).toContain(`${hostname}:${port}${pathname}`);
  expect(JSON.stringify(failure) + String(failure)).not.toContain("hunter2");
});

test("a URL that is none is refused without being shown", () => {
  expect(() => createPgClient({ url: "mysql://root:hunter2@localhost/x" })).toThrow(
    expect.objectContaining({ code: "bad-config", message: expect.not.stringContaining("hunter2") }),
  );
});

test("an idle connection the server ends is replaced", async () => {
  const client = await opened({ poolSize: 1 });
  const admin = await opened({ poolSize: 1 });
  const before = await backendOf(client);
  await end(admin, before);
  expect(await backendOf(client)).not.toBe(before);
  await Promise.all([client.close(), admin.close()]);
});

test("a connection the server ends under a statement is unreachable, and replaced", async () => {
  const client = await opened({ poolSize: 1 });
  const admin = await opened({ poolSize: 1 });
  const pid = await backendOf(client);
  const cut = client.query("select pg_sleep(20)").catch((error: unknown) => error);
  const isUnderWay = "select 1 from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'";
  await expect.poll(() => admin.query(isUnderWay, [pid])).not.toEqual([]);
  await end(admin, pid);
  expect(await cut).toMatchObject({ code: "store-unreachable" });
  expect(await client.query("select 1 as one")).toEqual([{ one: 1 }]);
  await Promise.all([client.close(), admin.close()]);
});

test("a transaction whose connection is cut rejects and is rolled back", async () => {
  const client = await opened({ poolSize: 1 });
  const admin = await opened({ poolSize: 1 });
  await admin.script("drop table if exists cut_here; create table cut_here (n int)");
  const cut = client.transaction(async (session) => {
    await session.query("insert into cut_here values (1)");
    const [row] = await session.query<{ pid: number }>(BACKEND);
    await end(admin, row?.pid ?? 0);
  });
  await expect(cut).rejects.toMatchObject({ code: "store-unreachable" });
  expect(await client.query("select n from cut_here")).toEqual([]);
  await admin.script("drop table cut_here");
  await Promise.all([client.close(), admin.close()]);
});

test("a pool with every connection in use is a named error that can be tried again", async () => {
  const client = await opened({ poolSize: 1, acquireTimeoutMs: 300 });
  await client.transaction(async () => {
    await expect(client.query("select 1")).rejects.toMatchObject({
      code: "store-unreachable",
      details: { reason: "pool-exhausted", size: 1 },
    });
  });
  expect(await client.query("select 1 as one")).toEqual([{ one: 1 }]);
  await client.close();
});

test("a statement past its deadline is stopped on the server too", async () => {
  const client = await opened({ callTimeoutMs: 500 });
  await expect(client.query("select pg_sleep(30), 'stopped'")).rejects.toMatchObject({
    code: "deadline-exceeded",
  });
  const running = `select pid from pg_stat_activity where query like 'select pg_sleep(30), ''stopped''%' and state = 'active'`;
  await expect.poll(() => client.query(running)).toEqual([]);
  await client.close();
});

test("statements are prepared once, and not at all where the server must keep none", async () => {
  const prepared = "select count(*)::int as names from pg_prepared_statements where name like 'm\\_%'";
  const keeping = await opened({ poolSize: 1 });
  await keeping.query(prepared);
  expect(await keeping.query(prepared)).toEqual([{ names: 1 }]);
  const plain = await opened({ poolSize: 1, preparedStatements: false });
  await plain.query(prepared);
  expect(await plain.query(prepared)).toEqual([{ names: 0 }]);
  await Promise.all([keeping.close(), plain.close()]);
});

test.each([
  { planAgeMs: 3_600_000, plan: /Seq Scan on grown/ },
  { planAgeMs: 0, plan: /Index.* grown_pkey/ },
])("a plan made on an empty table is kept for $planAgeMs ms", async ({ planAgeMs, plan }) => {
  const client = await opened({ poolSize: 1, planAgeMs });
  await client.script(
    `drop table if exists grown; create table grown (n int primary key) with (autovacuum_enabled = false)`,
  );
  await client.query("vacuum analyze grown");
  await client.query("set plan_cache_mode = force_generic_plan");
  const text = "select n from grown where n = any($1::int[])";
  await client.query(text, [[1]]);
  await client.query("insert into grown select generate_series(1, 20000)");
  const [made] = await client.query<{ name: string }>(
    "select name from pg_prepared_statements where statement = $1",
    [text],
  );
  const lines = await client.query<{ "QUERY PLAN": string }>(`explain execute ${made?.name}('{1}')`);
  expect(lines.map((line) => line["QUERY PLAN"]).join("\n")).toMatch(plan);
  await client.script("drop table grown");
  await client.close();
});

test("its connections are called millrace", async () => {
  const client = await opened();
  expect(await client.query("select current_setting('application_name') as name")).toEqual([
    { name: "millrace" },
  ]);
  await client.close();
});

test("a pool of the caller's own is used and not ended", async () => {
  const pool = new pg.Pool({ connectionString: serverUrl(), max: 2 });
  const client = createPgClient({ pool });
  await client.open();
  expect(await client.query("select 1::int8 as one")).toEqual([{ one: "1" }]);
  await client.close();
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

test("a connection that the server ends in the moment of its greeting is unreachable, and ends no process", async () => {
  const message = (type: string, body: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.byteLength + 4);
    return Buffer.concat([Buffer.from(type), length, body]);
  };
  const fields = "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
  const greeting = [
    message("R", Buffer.alloc(4)),
    message("K", Buffer.alloc(8, 1)),
    message("Z", Buffer.from("I")),
    message("E", Buffer.from(fields)),
  ];
  // All at once, as a busy client reads it from a real server that is shutting down.
  const ending = createServer((socket) => socket.once("data", () => socket.end(Buffer.concat(greeting))));
  await new Promise<void>((resolve) => ending.listen(0, "127.0.0.1", resolve));
  const { port } = ending.address() as AddressInfo; // it listens on a port
  const client = createPgClient({ url: `postgres://u@127.0.0.1:${port}/d` });
  await expect(client.open()).rejects.toMatchObject({ code: "store-unreachable" });
  ending.close();
});
