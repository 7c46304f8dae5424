/** Behind PgBouncer in transaction mode: what a client finds out by itself, says, and does without. */
import { createMillrace, defineJob, type Millrace } from "@millrace/core";
import { createPgClient, type PgClientOptions, type SqlClient, sqlStore } from "@millrace/postgres";
import { testPgbouncerUrl, testPostgresUrl } from "@millrace/testkit";
import { millrace } from "millrace";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startPgbouncer } from "../scripts/services/pgbouncer.mjs";
import { CommandPlace } from "./command-place.ts";
import { faultWorker } from "./faults/fault-worker.ts";
import { allEnded, enqueueEach, report, unharmed, verdictOf } from "./faults/verdict.ts";
import { millrace as command } from "./millrace-command.ts";
import { raceStore } from "./races/race-store.ts";

const SCHEMA = "behind_pgbouncer";
const WAIT = { timeout: 60_000, interval: 20 };
/** More than the pooler has connections to the server, so that some meet the same one. */
const AT_ONCE = 30;
const greet = defineJob({ name: "greet", run: (to: string) => `hello ${to}` });

const server: SqlClient = createPgClient({ url: testPostgresUrl() });
let open: (() => Promise<unknown>)[] = [];
let said: string[] = [];
const logger = { info: (line: string) => void said.push(line) };

beforeAll(() => server.open());
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
  said = [];
});
afterAll(async () => {
  await server.script(`drop schema if exists ${SCHEMA} cascade`);
  await server.close();
});

async function opened(options: PgClientOptions = {}): Promise<SqlClient> {
  const client = createPgClient({ url: testPgbouncerUrl(), logger, ...options });
  await client.open();
  open.push(() => client.close());
  return client;
}

function program(options: PgClientOptions, onError: (error: unknown) => void): Millrace {
  const store = sqlStore(createPgClient({ url: testPgbouncerUrl(), logger, ...options }), { schema: SCHEMA });
  const mr = createMillrace({ store, jobs: [greet], onError });
  open.push(() => mr.close());
  return mr;
}

/** Has many connections at once meet several server processes: as many as the pooler has made by then. */
async function meetsSeveral(client: SqlClient): Promise<void> {
  await expect.poll(async () => (await everywhere(client)).size, WAIT).toBeGreaterThan(1);
}

/** Runs one statement on many connections at once; the server processes that ran it. */
async function everywhere(client: SqlClient): Promise<ReadonlySet<number>> {
  const text = "select pg_backend_pid() as pid, pg_sleep(0.05)::text as slept";
  const calls = Array.from({ length: AT_ONCE }, () => client.query<{ pid: number }>(text));
  return new Set((await Promise.all(calls)).flatMap((rows) => rows.map(({ pid }) => pid)));
}

test("is found at opening and said once: statements go without names, and workers poll", async () => {
  const client = await opened({ poolSize: AT_ONCE });
  expect(said).toEqual([
    expect.stringMatching(/is reached through a pooler: .*none is kept by name; idle workers poll/),
  ]);
  expect(client.listen).toBeUndefined();
  expect(await client.pooling?.()).toBe("transaction");
  await meetsSeveral(client);
  expect(said).toHaveLength(1);
});

test("a server reached directly is none, and nothing is said", async () => {
  const client = await opened({ url: testPostgresUrl() });
  expect(client.listen).toBeDefined();
  expect(said).toEqual([]);
});

test("names that were asked for all the same are given up when the first is lost, and no call fails", async () => {
  const client = await opened({ poolSize: AT_ONCE, preparedStatements: true, listen: true });
  expect(said).toEqual([]);
  await meetsSeveral(client);
  expect(said).toEqual([expect.stringContaining("does not keep statements by name")]);
});

test("so are those that somebody else takes away on a pool of the caller's own", async () => {
  const pool = new pg.Pool({ connectionString: testPostgresUrl(), max: 1 });
  const client = await opened({ url: undefined, pool });
  open.unshift(() => pool.end());
  await client.query("select 1 as one");
  await pool.query("deallocate all");
  expect(await client.query("select 1 as one")).toEqual([{ one: 1 }]);
  expect(said).toEqual([expect.stringContaining("does not keep statements by name")]);
});

test("a transaction that lost a name is run again, as after a deadlock", async () => {
  const pool = new pg.Pool({ connectionString: testPostgresUrl(), max: 1 });
  open.push(() => pool.end());
  const store = sqlStore(createPgClient({ pool, logger }), { schema: SCHEMA });
  const mr = createMillrace({ store, jobs: [greet] });
  open.push(() => mr.close());
  await mr.enqueue(greet, "a", { orderingKey: "one" });
  await pool.query("deallocate all");
  await mr.enqueue(greet, "b", { orderingKey: "one" });
  expect((await mr.jobs.list()).rows).toHaveLength(2);
  expect(said).toHaveLength(1);
});

test("a worker behind it runs what others enqueue, by polling", async () => {
  const errors: unknown[] = [];
  const mr = program({}, (error) => errors.push(error));
  await mr.open();
  expect(mr.store.capabilities.signals).toBeUndefined();
  mr.worker({ sweep: "100ms" });
  const other = program({}, (error) => errors.push(error));
  const { result } = await other.enqueue(greet, "you");
  expect(await result({ timeout: "1m" })).toBe("hello you");
  expect(errors).toEqual([]);
});

test("with the server's own address it listens there, and is handed a lone job at once", async () => {
  const errors: unknown[] = [];
  const mr = program({ directUrl: testPostgresUrl() }, (error) => errors.push(error));
  await mr.open();
  expect(said).toEqual([expect.not.stringContaining("poll")]);
  mr.worker();
  const idle = `select 1 from ${SCHEMA}.listener where places > 0`;
  await expect.poll(() => server.query(idle), WAIT).not.toEqual([]);
  const other = program({}, (error) => errors.push(error));
  const { id, result } = await other.enqueue(greet, "you");
  expect(await result({ timeout: "1m" })).toBe("hello you");
  expect(await mr.jobs.get(id)).toMatchObject({ attempts: 1 });
  expect(errors).toEqual([]);
});

test("an address given as the server's own that leads to a pooler too is refused at opening, by name", async () => {
  const client = createPgClient({ url: testPostgresUrl(), directUrl: testPgbouncerUrl() });
  await expect(client.open()).rejects.toMatchObject({
    code: "bad-config",
    message: expect.stringContaining("store.directUrl"),
  });
});

test("one that nobody answers at is no reason not to work: it is said, and workers poll", async () => {
  const errors: unknown[] = [];
  const mr = program({ directUrl: "postgres://127.0.0.1:1/nowhere" }, (error) => errors.push(error));
  mr.worker({ sweep: "100ms" });
  await expect.poll(() => errors[0], WAIT).toMatchObject({ code: "store-unreachable" });
  const { result } = await mr.enqueue(greet, "you");
  expect(await result({ timeout: "1m" })).toBe("hello you");
});

test("a directUrl that is no address of a server is refused at once, without being shown", () => {
  expect(() => createPgClient({ url: testPostgresUrl(), directUrl: "mysql://u:hunter2@h/d" })).toThrow(
    expect.objectContaining({ code: "bad-config", message: expect.not.stringContaining("hunter2") }),
  );
});

test("a client by URL finds it as well, and hears where there is no pooler", async () => {
  const behind = millrace({ store: testPgbouncerUrl(), migrate: "off" });
  const direct = millrace({ store: testPostgresUrl(), migrate: "off" });
  open.push(
    () => behind.close(),
    () => direct.close(),
  );
  await Promise.all([behind.open(), direct.open()]);
  expect(behind.store.capabilities.signals).toBeUndefined();
  expect(direct.store.capabilities.signals).toBeDefined();
});

test("documents go in and are found through it, and the command says once on stderr what it leaves out", async () => {
  const place = new CommandPlace();
  open.push(() => place.remove());
  place.writeTwo();
  const environment = { ...place.environment, MILLRACE_STORE: testPgbouncerUrl() };
  const run = (...words: readonly string[]) => command(words, { folder: place.folder, environment });
  const ingest = await run("ingest", "docs", "-o", "json");
  expect(ingest).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^The store at .* through a pooler: .*$/m),
  });
  expect(JSON.parse(ingest.out)).toMatchObject({ ingested: 2, failed: 0 });
  const hits = JSON.parse((await run("search", "docs", "what drives the wheel?", "-o", "json")).out);
  expect(hits[0]).toMatchObject({ rank: 1, source: expect.stringMatching(/mill\.md$/) });
});

test("a start-up parameter that it does not let through is named", async () => {
  const url = `${testPgbouncerUrl()}?options=${encodeURIComponent("-c statement_timeout=1s")}`;
  await expect(createPgClient({ url }).open()).rejects.toMatchObject({
    code: "store-unreachable",
    message: expect.stringContaining("unsupported startup parameter: options"),
  });
});

test("restarted under a worker, with every connection cut: nothing is lost or done twice", async () => {
  const bouncer = await startPgbouncer(testPostgresUrl());
  open.push(() => bouncer.stop());
  const race = await raceStore(bouncer.url, "fault_pgbouncer");
  open.push(() => race.remove());
  const worker = faultWorker(race);
  open.push(() => worker.stop());
  const before = await enqueueEach(race.mr, Array.from({ length: 300 }));
  await expect.poll(() => worker.begun, WAIT).toBeGreaterThan(30);
  await bouncer.restart();
  const ids = [...before, ...(await enqueueEach(race.mr, Array.from({ length: 20 })))];
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("PgBouncer restarted", verdict, { runAgain: worker.begun - ids.length });
  expect(verdict).toEqual(unharmed(ids));
});
