/** Connections that run out, in the pool and on the server: named errors in time, and everything goes on afterwards. */
import { createMillrace, defineJob, MillraceError, troubleOf } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sqlStore } from "../sql-store.ts";
import { createPgClient } from "./pg-client.ts";

const SCHEMA = "pool_limits";
const ROLE = "pool_limits_role";
/** What the server lets the role have. */
const ROLE_LIMIT = 2;
const job = defineJob({ name: "job", run: (n: number) => n + 1 });

function serverUrl(): string {
  const url = process.env["MILLRACE_TEST_POSTGRES_URL"];
  if (url === undefined) throw new TypeError("MILLRACE_TEST_POSTGRES_URL is not set");
  return url;
}

const limitedUrl = Object.assign(new URL(serverUrl()), { username: ROLE, password: "limited" }).href;
const admin = createPgClient({ url: serverUrl(), poolSize: 1 });

async function dropAll(): Promise<void> {
  await admin.script(`drop schema if exists ${SCHEMA} cascade; drop schema if exists ${ROLE} cascade;
    do $$ begin
      if exists (select 1 from pg_roles where rolname = '${ROLE}') then drop owned by ${ROLE}; drop role ${ROLE}; end if;
    end $$`);
}

beforeAll(async () => {
  await admin.open();
  await dropAll();
  await admin.script(`create role ${ROLE} login password 'limited' connection limit ${ROLE_LIMIT};
    create schema ${ROLE} authorization ${ROLE};
    do $$ begin execute format('grant create on database %I to ${ROLE}', current_database()); end $$`);
});

afterAll(async () => {
  await dropAll();
  await admin.close();
});

test("a pool of 1 whose connection a transaction holds: calls end in time, and work afterwards", async () => {
  const pool = new pg.Pool({ connectionString: serverUrl(), max: 1 }); // as pg makes it: waits without limit
  const client = createPgClient({ pool, acquireTimeoutMs: 150 });
  const mr = createMillrace({ store: sqlStore(client, { schema: SCHEMA }), jobs: [job] });
  await mr.open();
  const held = await pool.connect();
  await held.query("begin");
  const exhausted = { code: "store-unreachable", details: { reason: "pool-exhausted", size: 1 } };
  const startedAtMs = performance.now();
  const failures = await Promise.all([
    mr.enqueue(job, 1).catch((error: unknown) => error),
    mr.jobs.list().catch((error: unknown) => error),
    mr.store.rescue({ limit: 1 }).catch((error: unknown) => error),
  ]);
  expect(performance.now() - startedAtMs).toBeLessThan(10_000);
  for (const failure of failures) {
    expect(failure).toMatchObject(exhausted);
    expect(troubleOf(failure)).toBe("passing");
  }
  // The one connection can still be joined: that needs no other.
  await mr.enqueue(job, 2, { transaction: held });
  await held.query("commit");
  held.release();
  expect((await mr.jobs.list()).rows.map((row) => row.input)).toEqual([2]);
  await mr.close();
  await pool.end();
});

test("a worker on a pool of 1 goes on once the connection is back", async () => {
  const pool = new pg.Pool({ connectionString: serverUrl(), max: 1 });
  const client = createPgClient({ pool, acquireTimeoutMs: 1_000 });
  const errors: unknown[] = [];
  const store = sqlStore(client, { schema: SCHEMA });
  const mr = createMillrace({ store, jobs: [job], onError: (error) => void errors.push(error) });
  const { result } = await mr.enqueue(job, 1);
  const held = await pool.connect();
  mr.worker({ sweep: 50 });
  await expect.poll(() => errors.length).toBeGreaterThan(2);
  held.release();
  expect(await result({ timeout: "60s" })).toBe(2);
  for (const error of errors) expect(error).toMatchObject({ code: "store-unreachable" });
  await mr.close();
  await pool.end();
});

test("a transaction that a handler or a program holds is refused on a pool of 1: nothing else could run", async () => {
  const store = sqlStore(createPgClient({ url: serverUrl(), poolSize: 1 }), { schema: SCHEMA });
  const mr = createMillrace({ store, jobs: [job] });
  let calls = 0;
  const work = mr.transaction(async () => {
    calls += 1;
  });
  await expect(work).rejects.toMatchObject({
    code: "bad-config",
    message: expect.stringContaining("store.poolSize"),
  });
  expect(calls).toBe(0);
  await mr.close();
});

test("a handler that leaves its transaction idle for too long is told to stop, and keeps nothing", async () => {
  let wasTold = false;
  const idle = defineJob({
    name: "idle",
    transactional: true,
    retry: "none",
    run: async (_input: unknown, ctx) => {
      await ctx.save({ checkpoint: "lost" });
      const told = new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      if (!ctx.signal.aborted) await told;
      wasTold = true;
    },
  });
  const mr = createMillrace({ store: sqlStore(createPgClient({ url: serverUrl() }), { schema: SCHEMA }) });
  await mr.open();
  // Only the worker is in a hurry, and what it does not get done in time it does again.
  const hasty = createMillrace({
    store: sqlStore(createPgClient({ url: serverUrl(), callTimeoutMs: 400 }), { schema: SCHEMA }),
    jobs: [idle],
    onError: () => undefined,
  });
  hasty.worker();
  const { id, result } = await mr.enqueue(idle, null);
  await expect(result({ timeout: "60s" })).rejects.toMatchObject({ code: "job-failed" });
  const [row] = (await mr.store.find({ ids: [id] }, { limit: 1 })).rows;
  expect(row).toMatchObject({ state: "dead" });
  expect(row?.checkpoint).toBeUndefined();
  expect((await mr.jobs.get(id))?.error?.class).toBe("timeout");
  expect(wasTold).toBe(true);
  await hasty.close();
  await mr.close();
});

test("a server without connections to give: unreachable, passing trouble, and the worker gets there", async () => {
  const errors: MillraceError[] = [];
  const client = createPgClient({ url: limitedUrl, poolSize: ROLE_LIMIT });
  const mr = createMillrace({
    store: sqlStore(client, { schema: ROLE }),
    jobs: [job],
    onError: (error) => void (error instanceof MillraceError && errors.push(error)),
  });
  const others = await occupy();
  const refused = { code: "store-unreachable", details: { sqlState: "53300" } };
  const failure: unknown = await mr.open().catch((error: unknown) => error);
  expect(failure).toMatchObject(refused);
  expect(troubleOf(failure)).toBe("passing");
  await release(others);
  await expect.poll(opens(mr)).toBe(true);
  mr.worker({ sweep: 50 });
  const first = await mr.enqueue(job, 1);
  expect(await first.result({ timeout: "60s" })).toBe(2);

  await cutOff();
  await expect.poll(() => errors.length).toBeGreaterThan(2);
  const lost = await mr.enqueue(job, 5).catch((error: unknown) => error);
  expect(lost).toMatchObject({ code: "store-unreachable" });
  for (const { code } of errors) expect(code).toBe("store-unreachable");
  expect(errors.some(({ details }) => details["sqlState"] === "53300")).toBe(true);
  await release([]);
  const { result } = await mr.enqueue(job, 7);
  expect(await result({ timeout: "60s" })).toBe(8);
  await mr.close();
});

/** Ends the store's connections, and lets the role have no others. */
async function cutOff(): Promise<void> {
  await admin.script(`alter role ${ROLE} connection limit 0`);
  await admin.query("select pg_terminate_backend(pid, 60000) from pg_stat_activity where usename = $1", [
    ROLE,
  ]);
}

/** Takes every connection the role may have. */
async function occupy(): Promise<readonly pg.Client[]> {
  const clients = Array.from({ length: ROLE_LIMIT }, () => new pg.Client({ connectionString: limitedUrl }));
  for (const client of clients) await client.connect();
  return clients;
}

async function release(clients: readonly pg.Client[]): Promise<void> {
  for (const client of clients) await client.end();
  await expect.poll(sessions).toBe(0);
  await admin.script(`alter role ${ROLE} connection limit ${ROLE_LIMIT}`);
}

/** The server keeps a connection for a moment after its client has gone. */
async function sessions(): Promise<number> {
  return (await admin.query("select pid from pg_stat_activity where usename = $1", [ROLE])).length;
}

/** The server counts a connection for another moment. */
function opens(mr: { open(): Promise<unknown> }): () => Promise<boolean> {
  return () =>
    mr.open().then(
      () => true,
      () => false,
    );
}
