/** What is particular to PGlite: its thread can be ended at any time, and its directory stays. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createPgliteClient } from "./pglite-client.ts";

const HANGS = "select count(*) from generate_series(1, 10000000000)";

let fresh = "";
let directory = "";

/** One initdb for all tests: each gets a copy of the closed store. */
beforeAll(async () => {
  fresh = mkdtempSync(join(tmpdir(), "millrace-pglite-"));
  const client = createPgliteClient({ directory: fresh });
  expect((await client.open()).initdbMs).toBeGreaterThan(0);
  await client.close();
});

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-pglite-"));
  cpSync(fresh, directory, { recursive: true });
});

/** Deadlines short enough to wait for; not on the disk, where a busy machine's syncs alone take seconds. */
const CALL_TIMEOUT_MS = 3_000;
/** For statements of such a client that have no reason to hurry. */
const PATIENT_MS = 60_000;
const hasty = (): ReturnType<typeof createPgliteClient> =>
  createPgliteClient({ directory, callTimeoutMs: CALL_TIMEOUT_MS, durability: "process" });

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Asks such a client until a busy machine lets the answer come in time. */
async function answers(
  client: ReturnType<typeof hasty>,
  text: string,
  rows: readonly object[],
): Promise<void> {
  await expect.poll(() => client.query(text).catch((error: unknown) => error)).toEqual(rows);
}

test("a process killed between making PostgreSQL's lock file and writing it leaves a store that opens", async () => {
  writeFileSync(join(directory, "db", "postmaster.pid"), "");
  const client = createPgliteClient({ directory });
  await client.open();
  expect(await client.query("select 1 as one")).toEqual([{ one: 1 }]);
  await client.close();
});

test("a statement that hangs ends its thread; what was committed is there for the next call", async () => {
  const client = hasty();
  await client.open();
  await client.script("create table item (n int); insert into item values (1)", PATIENT_MS);
  const hanging = client.query(HANGS);
  const behind = client.query("insert into item values (2)");
  await expect(hanging).rejects.toMatchObject({ code: "deadline-exceeded" });
  await expect(behind).rejects.toMatchObject({ code: "deadline-exceeded" });
  await answers(client, "select n from item", [{ n: 1 }]);
  await client.close();
});

test("a transaction whose thread ended is rolled back and cannot go on", async () => {
  const client = hasty();
  await client.open();
  await client.script("create table item (n int)", PATIENT_MS);
  const ended = client.transaction(async (session) => {
    await session.query("insert into item values (1)");
    await session.query(HANGS).catch(() => {});
    await session.query("insert into item values (2)");
  });
  await expect(ended).rejects.toMatchObject({ code: "deadline-exceeded" });
  await answers(client, "select n from item", []);
  await client.close();
});

test("a statement waits for a transaction no longer than the deadline", async () => {
  const client = hasty();
  await client.open();
  await client.transaction(async (session) => {
    let failure: unknown;
    const waiting = client.query("select 1").catch((error: unknown) => {
      failure = error;
    });
    while (failure === undefined) await session.query("select 1"); // never idle for long
    await waiting;
    expect(failure).toMatchObject({ code: "deadline-exceeded" });
  });
  await answers(client, "select 1 as one", [{ one: 1 }]);
  await client.close();
});

test("opening again finds the data, and needs no initdb", async () => {
  const first = createPgliteClient({ directory });
  await first.open();
  await first.script("create table item (n int); insert into item values (7)");
  await first.close();
  expect(existsSync(join(directory, "lock"))).toBe(false);
  const second = createPgliteClient({ directory });
  expect((await second.open()).initdbMs).toBeUndefined();
  expect(await second.query("select n from item")).toEqual([{ n: 7 }]);
  await second.close();
});

test("what an interrupted initdb left is made anew", async () => {
  rmSync(join(directory, "db", "base"), { recursive: true });
  writeFileSync(join(directory, "db.incomplete"), "");
  const second = createPgliteClient({ directory });
  expect((await second.open()).initdbMs).toBeGreaterThan(0);
  await second.close();
});

test("a data directory that does not start says why", async () => {
  writeFileSync(join(directory, "db", "PG_VERSION"), "12\n");
  const second = createPgliteClient({ directory });
  await expect(second.open()).rejects.toMatchObject({
    code: "store-failed",
    message: expect.stringMatching(/incompatible|version 12/),
  });
});

test("a path that cannot be a store's directory says so", async () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  const client = createPgliteClient({ directory: file });
  await expect(client.open()).rejects.toMatchObject({
    code: "store-unreachable",
    message: expect.stringContaining(file),
  });
});

test("an answer that came in time counts, even when this process was too busy to read it", async () => {
  const client = hasty();
  await client.open();
  const answer = client.query("select 1 as one");
  // Holds this thread as a long computation would.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * CALL_TIMEOUT_MS);
  expect(await answer).toEqual([{ one: 1 }]);
  await client.close();
});

test("the log is cut while the store is in use", async () => {
  const client = createPgliteClient({ directory, durability: "process" });
  await client.open();
  await client.script("create table item (n int); insert into item select generate_series(1, 20000)");
  const log = "select sum(size)::float8 / 1048576 as megabytes from pg_ls_waldir()";
  const written = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 / 1048576 as megabytes";
  const [start] = await client.query<{ megabytes: number }>(written);
  const isEnough = async (): Promise<boolean> => {
    const [now] = await client.query<{ megabytes: number }>(written);
    return (now?.megabytes ?? 0) - (start?.megabytes ?? 0) > 300;
  };
  while (!(await isEnough())) await client.query("update item set n = n + 1");
  await expect.poll(() => client.query(log)).toEqual([{ megabytes: expect.toSatisfy((size) => size < 200) }]);
  await client.close();
});

test("pgvector is there", async () => {
  const client = createPgliteClient({ directory: "", inMemory: true });
  await client.open();
  await client.script("create extension vector");
  expect(await client.query("select '[1,2]'::vector <=> '[2,1]'::vector < 0.3 as near")).toEqual([
    { near: true },
  ]);
  await client.close();
});

test("folders above the store's are made; a place that takes none is named at once", async () => {
  const client = createPgliteClient({ directory: "/proc/millrace/store" });
  await expect(client.open()).rejects.toMatchObject({
    code: "store-unreachable",
    message: expect.stringContaining("/proc/millrace"),
  });
});
