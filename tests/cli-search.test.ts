/** Searching and looking after collections from the command line, as built, on PostgreSQL. */
import { createPgClient } from "@millrace/postgres";
import { SqlCollections } from "@millrace/rag";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseOver } from "../packages/millrace/src/home/sql-database.ts";
import { CommandPlace } from "./command-place.ts";

interface Hit {
  readonly rank: number;
  readonly source: string;
  readonly score: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly metadata?: object;
}

const place = new CommandPlace();
const client = createPgClient({ url: testPostgresUrl(), poolSize: 1 });
const collections = new SqlCollections(databaseOver(client), { schema: place.schema });

beforeAll(async () => {
  place.writeTwo();
  await place.run("ingest", "docs");
  await client.open();
  await collections.prepare();
  const embedding = Array.from({ length: 1024 }, (_, n) => (n === 0 ? 1 : 0));
  await collections.upsertItems("docs", [
    { id: "cheese", embedding, text: "A wheel of cheese", metadata: { year: 2020 } },
    { id: "plain", embedding },
  ]);
});
afterAll(async () => {
  await client.close();
  await place.remove();
});

const search = (...words: readonly string[]): Promise<Hit[]> => place.data("search", "docs", ...words);

test("by both, by words, by vector; the parts of a score are told", async () => {
  const both = await search("wheel");
  expect(both.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
  expect(both[0]?.source).toContain("mill.md");
  expect(Object.keys(both[0]?.scores ?? {})).toEqual(["vector", "text"]);
  const words = await search("wheel -cheese", "--mode", "text");
  expect(words.map(({ source }) => source.split("/").at(-1))).toEqual(["mill.md"]);
  expect((await search("wheel", "--mode", "vector", "-k", "1"))[0]?.scores).toHaveProperty("vector");
});

test("with filters, and a least score", async () => {
  expect(await search("wheel", "--filter", "year>=2020")).toMatchObject([
    { source: "cheese", metadata: { year: 2020 } },
  ]);
  expect(await search("wheel", "--filter", "source^=./docs")).toHaveLength(2);
  expect(await search("wheel", "--filter", "year=1999")).toEqual([]);
  expect(await search("wheel", "--mode", "vector", "--min-score", "0.99")).toEqual([]);
  const table = await place.run("search", "docs", "cheese", "--mode", "text");
  expect(table.out).toMatch(/1\. +\d\.\d{3} +cheese\n +A wheel of cheese/);
});

test("what makes no sense is refused", async () => {
  expect((await place.run("search", "docs", "a", "--mode", "magic")).code).toBe(2);
  expect((await place.run("search", "docs", "a", "--filter", "nothing")).code).toBe(2);
  expect((await place.run("search", "docs", "a", "--min-score", "much")).code).toBe(2);
  expect((await place.run("search", "none", "a")).code).toBe(3);
});

test("collections show their items, are indexed, and tell of a swap", async () => {
  const shown = await place.data("collections", "show", "docs");
  expect(shown).toMatchObject({ documents: 2, items: 2, language: "simple" });
  expect(shown).not.toHaveProperty("swap");
  expect((await place.run("collections", "swap", "docs")).code).toBe(3);
  await collections.swaps.beginSwap({ name: "docs", model: "other", dimensions: 7 });
  const state = { model: "other", dimensions: 7, documents: 0, items: 0 };
  expect(await place.data("collections", "swap", "docs")).toMatchObject(state);
  expect(await place.data("collections", "show", "docs")).toMatchObject({ swap: state });
  expect((await place.run("collections", "swap", "docs")).out).toContain("0 of 2 documents, 0 of 2 items");
  expect(await place.data("collections", "ls")).toHaveLength(1);
  expect((await place.run("collections", "swap", "docs", "--abandon", "--yes")).code).toBe(0);
  expect(await collections.swaps.swapOf("docs")).toBeUndefined();
  expect((await place.run("collections", "index", "docs")).out).toMatch(
    /nothing to build|built passage_text_simple/,
  );
  expect((await place.run("collections", "rm", "docs", "--dry-run")).out).toContain("and 2 items");
});

test("another model takes over a collection by its texts, and what cannot be is refused", async () => {
  await collections.ensure({ name: "old", model: "other", dimensions: 2 });
  const text = "A wheel of cheese";
  await collections.upsertItems("old", [
    { id: "a", embedding: [1, 0], text, metadata: { year: 2020 } },
    { id: "b", embedding: [0, 1], text: "A mill" },
  ]);
  const swap = (...words: readonly string[]) => place.run("collections", "swap", ...words);
  expect(await swap("old", "--to", "nobody")).toMatchObject({
    code: 3,
    err: expect.stringContaining("hash-lexical-v1"),
  });
  expect((await swap("none", "--to", "hash-lexical-v1")).code).toBe(3);
  expect((await swap("docs", "--to", "hash-lexical-v1")).err).toContain("has the vectors of");
  expect((await swap("old", "--to", "hash-lexical-v1", "--abandon")).code).toBe(2);
  await collections.swaps.beginSwap({ name: "old", model: "third", dimensions: 7 });
  expect(await swap("old", "--to", "hash-lexical-v1")).toMatchObject({
    code: 9,
    err: expect.stringContaining("--abandon"),
  });
  expect((await swap("old", "--abandon", "--yes")).code).toBe(0);
  const report = await place.data("collections", "swap", "old", "--to", "hash-lexical-v1");
  expect(report).toMatchObject({
    ...{ collection: "old", model: "hash-lexical-v1", state: "completed", switched: true },
    ...{ vectors: 2, failed: 0, failures: {} },
  });
  expect(await place.data("collections", "show", "old")).toMatchObject({
    model: "hash-lexical-v1",
    items: 2,
  });
  const hits = await place.data<Hit[]>("search", "old", "cheese", "-k", "1");
  expect(hits).toMatchObject([{ source: "a", metadata: { year: 2020 } }]);
});

test("a swap that cannot embed everything changes nothing, and says what failed", async () => {
  await collections.ensure({ name: "mute", model: "other", dimensions: 2 });
  await collections.upsertItems("mute", [{ id: "a", embedding: [1, 0] }]);
  const failed = await place.run("collections", "swap", "mute", "--to", "hash-lexical-v1");
  expect(failed.code).toBe(5);
  expect(failed.out).toMatch(/collection mute stays as it is.*failed: [^\n]+ 1\n/s);
  expect(await place.data("collections", "show", "mute")).toMatchObject({ model: "other", items: 1 });
});
