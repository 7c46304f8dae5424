/** Searching collections: by vectors, by words, by both, and with filters, the same on every home. */
import type { SearchFilter } from "@millrace/rag";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CollectionStatements } from "../../packages/rag/src/adapters/collection-statements.ts";
import { nearLiterals } from "../../packages/rag/src/adapters/sql-search.ts";
import { type CollectionPlace, collectionHomes, type SqlPlace } from "./homes.ts";
import { documentOf, idOf, itemOf } from "./samples.ts";

const NAME = "docs";
const EAST = Float32Array.of(1, 0, 0);

/** How the database looks for near vectors once there are many. */
async function planOfNear({ client, database, schema }: SqlPlace): Promise<string> {
  const [at] = await client.query<{ id: number }>(`select id from "${schema}".collection where name = $1`, [
    NAME,
  ]);
  if (at === undefined) throw new Error("the collection is gone");
  await client.query(
    `insert into "${schema}".collection_item (collection, id, embedding)
     select $1::integer, 'many ' || n, ('[' || n || ',1,0]')::vector from generate_series(1, 2000) n`,
    [at.id],
  );
  await client.script(`analyze "${schema}".collection_item`);
  const text = new CollectionStatements(schema).text("search-near", nearLiterals({ ...at, dimensions: 3 }));
  const rows = await database.query(`explain ${text}`, ["[1,0,0]", 10]);
  return rows.map((row) => String(Object.values(row)[0])).join("\n");
}

describe.each(collectionHomes("collections_search"))("searches on $name", (home) => {
  let place: CollectionPlace;
  beforeAll(() => home.start());
  afterAll(() => home.stop());
  beforeEach(async () => {
    place = await home.create();
    await place.collections.ensure({ name: NAME, model: "m", dimensions: 3 });
    await place.collections.replace(NAME, [
      documentOf(
        "/data/mill.md",
        [
          { text: "The millrace drives the wheel of the mill", vector: [1, 0, 0] },
          { text: "Water turns the wheel", vector: [0.9, 0.1, 0] },
        ],
        { year: 1999, lang: "en", draft: false },
      ),
      documentOf("/data/bread.txt", [{ text: "Bread is baked from flour", vector: [0, 1, 0] }], {
        year: 2010,
        lang: "de",
      }),
    ]);
    await place.collections.upsertItems(NAME, [
      itemOf("item:1", [0.8, 0.2, 0], {
        text: "A wheel of cheese",
        metadata: { year: 2020, lang: "fr", tags: ["a"] },
      }),
      itemOf("item:2", [0, 0, 1], { metadata: { year: "2020", lang: null } }),
      itemOf("ITEM:3", [0, 0, 0]),
    ]);
  });

  const sources = async (query: Parameters<CollectionPlace["collections"]["search"]>[1]) =>
    (await place.collections.search(NAME, query)).map(({ source }) => source);

  test("by vector: the nearest first, a vector of zeros scores 0", async () => {
    const hits = await place.collections.search(NAME, { mode: "vector", vector: EAST, limit: 10 });
    expect(hits.map(({ source }) => source).slice(0, 3)).toEqual([
      "/data/mill.md",
      "/data/mill.md",
      "item:1",
    ]);
    expect(hits[0]).toMatchObject({
      kind: "passage",
      id: idOf("/data/mill.md", 0),
      text: "The millrace drives the wheel of the mill",
      pageStart: 1,
      headingPath: ["Top"],
      metadata: { year: 1999, lang: "en", draft: false },
      score: 1,
      scores: { vector: 1 },
    });
    expect(hits[2]).toMatchObject({ kind: "item", id: "item:1", text: "A wheel of cheese" });
    expect(hits.at(-1)?.score).toBeCloseTo(0);
    expect(hits).toHaveLength(6);
  });

  test("by vector: equal scores are in the order of ids by their bytes", async () => {
    const ids = ["z", "é", "a", "Z", "\u{1f600}", "10", "9"];
    await place.collections.upsertItems(
      NAME,
      ids.map((id) => itemOf(id, [1, 1, 1])),
    );
    const query = { mode: "vector", vector: Float32Array.of(1, 1, 1), limit: 7 } as const;
    expect(await sources(query)).toEqual(["10", "9", "Z", "a", "z", "é", "\u{1f600}"]);
    expect(await sources({ ...query, limit: 3 })).toEqual(["10", "9", "Z"]);
  });

  test("by words: all must occur; or, a phrase and absence work as in a web search", async () => {
    const found = async (text: string) => new Set(await sources({ mode: "text", text, limit: 10 }));
    expect(await found("wheel")).toEqual(new Set(["/data/mill.md", "item:1"]));
    expect(await found("WHEEL mill")).toEqual(new Set(["/data/mill.md"]));
    expect(await found("bread or cheese")).toEqual(new Set(["/data/bread.txt", "item:1"]));
    expect(await found('"wheel of the"')).toEqual(new Set(["/data/mill.md"]));
    expect(await found("wheel -cheese")).toEqual(new Set(["/data/mill.md"]));
    expect(await found("wheels")).toEqual(new Set());
  });

  test("by words: what fits better comes first, and says so", async () => {
    await place.collections.upsertItems(NAME, [
      itemOf("often", [0, 0, 1], { text: "cheese cheese cheese cheese" }),
      itemOf("seldom", [0, 0, 1], { text: "cheese among many other words of a text that goes on and on" }),
    ]);
    const hits = await place.collections.search(NAME, { mode: "text", text: "cheese", limit: 10 });
    expect(hits.map(({ id }) => id)).toEqual(["often", "item:1", "seldom"]);
    expect(hits[0]?.scores).toEqual({ text: hits[0]?.score });
  });

  test("by both: the ranks of both lists are summed, and the parts told", async () => {
    const hits = await place.collections.search(NAME, { vector: EAST, text: "cheese wheel", limit: 10 });
    expect(hits[0]).toMatchObject({ id: "item:1" });
    expect(hits[0]?.score).toBeCloseTo(1 / 61 + 1 / 63, 12);
    expect(Object.keys(hits[0]?.scores ?? {})).toEqual(["vector", "text"]);
    expect(hits[1]).toMatchObject({ id: idOf("/data/mill.md", 0), scores: { vector: 1 } });
    expect(hits[1]?.score).toBeCloseTo(1 / 61, 12);
    expect(hits[1]?.scores.text).toBeUndefined();
  });

  test("without a mode: by both where there are texts, else by what the query has", async () => {
    await place.collections.ensure({ name: "bare", model: "m", dimensions: 3 });
    await place.collections.upsertItems("bare", [itemOf("a", [1, 0, 0])]);
    const [bare] = await place.collections.search("bare", { vector: EAST, text: "cheese", limit: 1 });
    expect(bare).toMatchObject({ id: "a", score: 1, text: "" });
    const [both] = await place.collections.search(NAME, { vector: EAST, text: "cheese", limit: 1 });
    expect(both?.score).toBeLessThan(0.1);
    const [words] = await place.collections.search(NAME, { text: "cheese", limit: 1 });
    expect(words).toMatchObject({ id: "item:1" });
  });

  test("scores below the least are left out", async () => {
    const query = { mode: "vector", vector: EAST, limit: 10, minScore: 0.99 } as const;
    expect(await sources(query)).toEqual(["/data/mill.md", "/data/mill.md"]);
  });

  const FILTERS: readonly (readonly [string, SearchFilter, readonly string[]])[] = [
    ["a document", { source: "/data/bread.txt" }, ["/data/bread.txt"]],
    ["an item", { source: "item:1" }, ["item:1"]],
    ["a prefix", { sourcePrefix: "/data/" }, ["/data/bread.txt", "/data/mill.md"]],
    ["a prefix of ids", { sourcePrefix: "item:" }, ["item:1", "item:2"]],
    ["a prefix with signs of patterns", { sourcePrefix: "/d%" }, []],
    ["equality", { metadata: [{ key: "lang", equals: "de" }] }, ["/data/bread.txt"]],
    ["equality of a truth value", { metadata: [{ key: "draft", equals: false }] }, ["/data/mill.md"]],
    ["null is a value, a missing key is none", { metadata: [{ key: "lang", equals: null }] }, ["item:2"]],
    ["one of several", { metadata: [{ key: "lang", in: ["en", "fr"] }] }, ["/data/mill.md", "item:1"]],
    ["none of none", { metadata: [{ key: "lang", in: [] }] }, []],
    ["numbers are not texts", { metadata: [{ key: "year", equals: 2020 }] }, ["item:1"]],
    [
      "a range of numbers",
      { metadata: [{ key: "year", atLeast: 1999, atMost: 2010 }] },
      ["/data/bread.txt", "/data/mill.md"],
    ],
    ["an open range", { metadata: [{ key: "year", atLeast: 2010.5 }] }, ["item:1"]],
    ["a range of texts", { metadata: [{ key: "lang", atLeast: "e", atMost: "en" }] }, ["/data/mill.md"]],
    ["a list is no scalar", { metadata: [{ key: "tags", equals: "a" }] }, []],
    [
      "several conditions",
      {
        sourcePrefix: "/",
        metadata: [
          { key: "year", atMost: 2005 },
          { key: "lang", in: ["en", "de"] },
        ],
      },
      ["/data/mill.md"],
    ],
  ];
  test.each(FILTERS)("filters: %s", async (_what, filter, expected) => {
    const found = await sources({ mode: "vector", vector: EAST, limit: 10, filter });
    expect([...new Set(found)].sort()).toEqual(expected);
    const words = await sources({ mode: "text", text: "wheel or bread", limit: 10, filter });
    expect([...new Set(words)].sort()).toEqual(expected.filter((source) => source !== "item:2"));
    const both = await sources({ vector: EAST, text: "wheel or bread", limit: 10, filter });
    expect([...new Set(both)].sort()).toEqual(expected);
  });

  test("a filter looks past what is nearer", async () => {
    const filter = { metadata: [{ key: "lang", equals: "de" }] };
    expect(await sources({ mode: "vector", vector: EAST, limit: 1, filter })).toEqual(["/data/bread.txt"]);
  });

  test.each([
    ["another model's vector", { vector: EAST, model: "other", limit: 1 }, "collection-mismatch"],
    ["other dimensions", { vector: Float32Array.of(1), limit: 1 }, "collection-mismatch"],
    ["no vector", { mode: "vector", limit: 1 }, "bad-input"],
    ["no words", { mode: "hybrid", vector: EAST, text: " ", limit: 1 }, "bad-input"],
    ["nothing at all", { limit: 1 }, "bad-input"],
    ["no limit", { vector: EAST, limit: 0 }, "bad-input"],
    ["a limit past the most", { vector: EAST, limit: 1_001 }, "bad-input"],
    ["a score that is none", { vector: EAST, limit: 1, minScore: Number.NaN }, "bad-input"],
    ["an empty range", { vector: EAST, limit: 1, filter: { metadata: [{ key: "a" }] } }, "bad-input"],
    [
      "a mixed range",
      { vector: EAST, limit: 1, filter: { metadata: [{ key: "a", atLeast: 1, atMost: "z" }] } },
      "bad-input",
    ],
    [
      "NUL in a condition",
      { vector: EAST, limit: 1, filter: { metadata: [{ key: "a", equals: "\0" }] } },
      "bad-input",
    ],
  ] as const)("refuses %s", async (_what, query, code) => {
    await expect(place.collections.search(NAME, query)).rejects.toMatchObject({ code });
  });

  test("an unknown collection is not found", async () => {
    await expect(place.collections.search("none", { vector: EAST, limit: 1 })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("signs of all kinds are words of no harm", async () => {
    for (const text of ["'", '"', "a & b | !c", "\\", ":*", "<->", "(", "-", "\u{1f600}", "%"]) {
      await expect(place.collections.search(NAME, { mode: "text", text, limit: 5 })).resolves.toBeInstanceOf(
        Array,
      );
    }
  });

  test("words of a language are compared by their stems", async () => {
    if (place.sql === undefined) return expect(home.name).toBe("memory"); // reads all languages as they are written
    await place.collections.ensure({ name: "english", model: "m", dimensions: 3, language: "english" });
    await place.collections.upsertItems("english", [
      itemOf("a", [1, 0, 0], { text: "the wheels were turning" }),
    ]);
    const hits = await place.collections.search("english", { mode: "text", text: "wheel turns", limit: 5 });
    expect(hits.map(({ id }) => id)).toEqual(["a"]);
    expect(await place.collections.buildIndexes("english")).not.toContain("passage_text_english"); // the search did
    const other = { name: "klingon", model: "m", dimensions: 3, language: "klingon" };
    await expect(place.collections.ensure(other)).rejects.toMatchObject({ code: "bad-input" });
    const simple = { name: "english", model: "m", dimensions: 3, language: "simple" };
    await expect(place.collections.ensure(simple)).rejects.toMatchObject({ code: "collection-mismatch" });
  });

  test("HNSW indexes are built where there is pgvector, and then used", async () => {
    const built = await place.collections.buildIndexes(NAME);
    expect(built.filter((name) => name.includes("near"))).toHaveLength(home.hasPgvector ? 2 : 0);
    expect(await place.collections.buildIndexes(NAME)).toEqual([]);
    expect((await sources({ mode: "vector", vector: EAST, limit: 3 })).slice(0, 3)).toEqual([
      "/data/mill.md",
      "/data/mill.md",
      "item:1",
    ]);
    if (place.sql === undefined) return;
    if (home.hasPgvector) expect(await planOfNear(place.sql)).toMatch(/Index Scan using item_near_/);
    await place.collections.remove(NAME);
    const left = await place.sql.client.query(
      "select indexname from pg_indexes where schemaname = $1 and indexname like '%near%'",
      [place.sql.schema],
    );
    expect(left).toEqual([]);
  });

  test("an index that an interrupted build left is built anew", async () => {
    if (place.sql === undefined) return expect(home.name).toBe("memory"); // has no indexes
    const { client, schema } = place.sql;
    const query = { mode: "text", text: "cheese", limit: 5 } as const;
    await place.collections.search(NAME, query);
    await client.query("update pg_index set indisvalid = false where indexrelid = $1::text::regclass", [
      `"${schema}".item_text_simple`,
    ]);
    expect(await sources(query)).toEqual(["item:1"]);
    const [row] = await client.query<{ valid: boolean }>(
      "select indisvalid as valid from pg_index where indexrelid = $1::text::regclass",
      [`"${schema}".item_text_simple`],
    );
    expect(row?.valid).toBe(true);
  });
});
