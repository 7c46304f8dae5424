/** What is particular to PGlite: its thread can be ended at any time, and its directory stays. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPgliteClient } from "./pglite-client.ts";

const HANGS = "select count(*) from generate_series(1, 10000000000)";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-pglite-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a statement that hangs ends its thread; what was committed is there for the next call", async () => {
  const client = createPgliteClient({ directory, callTimeoutMs: 4_000 });
  expect((await client.open()).initdbMs).toBeGreaterThan(0);
  await client.script("create table item (n int)");
  await client.query("insert into item values (1)");
  const hanging = client.query(HANGS);
  const behind = client.query("insert into item values (2)");
  await expect(hanging).rejects.toMatchObject({ code: "deadline-exceeded" });
  await expect(behind).rejects.toMatchObject({ code: "deadline-exceeded" });
  expect(await client.query("select n from item")).toEqual([{ n: 1 }]);
  await client.close();
});

test("a transaction whose thread ended is rolled back and cannot go on", async () => {
  const client = createPgliteClient({ directory, callTimeoutMs: 4_000 });
  await client.open();
  await client.script("create table item (n int)");
  const ended = client.transaction(async (session) => {
    await session.query("insert into item values (1)");
    await session.query(HANGS).catch(() => {});
    await session.query("insert into item values (2)");
  });
  await expect(ended).rejects.toMatchObject({ code: "deadline-exceeded" });
  expect(await client.query("select n from item")).toEqual([]);
  await client.close();
});

test("a statement waits for a transaction no longer than the deadline", async () => {
  const client = createPgliteClient({ directory, callTimeoutMs: 1_000 });
  await client.open();
  await client.transaction(async (session) => {
    const waiting = client.query("select 1").catch((error: unknown) => error);
    for (let n = 0; n < 5; n += 1) {
      await session.query("select 1");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await waiting).toMatchObject({ code: "deadline-exceeded" });
  });
  expect(await client.query("select 1 as one")).toEqual([{ one: 1 }]);
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
  const first = createPgliteClient({ directory });
  await first.open();
  await first.close();
  rmSync(join(directory, "db", "base"), { recursive: true });
  writeFileSync(join(directory, "db.incomplete"), "");
  const second = createPgliteClient({ directory });
  expect((await second.open()).initdbMs).toBeGreaterThan(0);
  await second.close();
});

test("a data directory that does not start says why", async () => {
  const first = createPgliteClient({ directory });
  await first.open();
  await first.close();
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

test("pgvector is there", async () => {
  const client = createPgliteClient({ directory: "", inMemory: true });
  await client.open();
  await client.script("create extension vector");
  expect(await client.query("select '[1,2]'::vector <=> '[2,1]'::vector < 0.3 as near")).toEqual([
    { near: true },
  ]);
  await client.close();
});
