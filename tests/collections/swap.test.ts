/** Swapping a collection for another model's version of it: searched all the while, in one step, or not at all. */
import { setImmediate } from "node:timers/promises";
import { ClassedError, createMillrace } from "@millrace/core";
import { type Embedder, type SearchQuery, SWAP_STEP, swapBatch } from "@millrace/rag";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CollectionPlace, collectionHomes } from "./homes.ts";
import { documentOf, itemOf } from "./samples.ts";

const NAME = "docs";
const ITEMS = 150;
const LINEAGE = {
  run: null,
  extractor: "markdown/1",
  engineVersion: "1",
  fallbacks: [],
  isReused: false,
  splitter: "lines/1",
  model: "model",
  tokens: 2,
  ms: { validate: 1, extract: 2, split: 3, embed: 4 },
};
const OLD: SearchQuery = { mode: "vector", vector: Float32Array.of(1, 0), model: "model", limit: 1_000 };

/** A model whose vectors tell the text's length. */
function embedderOf(
  model: string,
  dimensions: number,
  before: (text: string) => Promise<void> | void = () => undefined,
): Embedder & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    model,
    dimensions,
    maxInputs: 1_000,
    maxTokensPerInput: 1_000,
    seen,
    embed: async (texts) => {
      for (const text of texts) await before(text);
      seen.push(...texts);
      return texts.map((text) => Float32Array.from({ length: dimensions }, (_, n) => text.length + n));
    },
  };
}

describe.each(collectionHomes("collections_swap"))("swaps on $name", (home) => {
  let place: CollectionPlace;
  beforeAll(() => home.start());
  afterAll(() => home.stop());
  beforeEach(async () => {
    place = await home.create();
    const { collections } = place;
    await collections.ensure({ name: NAME, model: "model", dimensions: 2 });
    const written = [
      documentOf(
        "/a.md",
        [
          { text: "one", vector: [1, 0] },
          { text: "three", vector: [1, 1] },
        ],
        { year: 1 },
      ),
      documentOf("/b.md", [{ text: "two", vector: [0, 1] }]),
    ];
    await collections.replace(
      NAME,
      written.map((document) => ({ ...document, lineage: LINEAGE })),
    );
    await collections.upsertItems(
      NAME,
      Array.from({ length: ITEMS }, (_, n) =>
        itemOf(`id ${n}`, [n, 1], { text: `item ${n}`, metadata: { n } }),
      ),
    );
  });

  const all = ITEMS + 3;
  const found = async () => (await place.collections.search(NAME, OLD)).length;

  /** Runs a swap to its end. */
  async function run(embedder: Embedder) {
    const batch = swapBatch({ collections: place.collections, embedder });
    const mr = createMillrace({ store: place.store(), jobs: [batch] });
    try {
      mr.worker({ queues: { ingest: 5 } });
      return await (await mr.start(batch, { collection: NAME })).finished();
    } finally {
      await mr.close();
    }
  }

  test("the new version has everything, under new vectors, and the old one is gone", async () => {
    const ended = await run(embedderOf("new", 3));
    expect(ended).toMatchObject({ state: "completed", result: '{"switched":1}' });
    expect(ended.counters[SWAP_STEP]).toMatchObject({ vectors: all });
    const { collections } = place;
    expect(await collections.list()).toMatchObject([
      { name: NAME, model: "new", dimensions: 3, documents: 2, pages: 2, passages: 3, items: ITEMS },
    ]);
    await expect(collections.search(NAME, OLD)).rejects.toMatchObject({ code: "collection-mismatch" });
    const query = { mode: "vector", vector: Float32Array.of(3, 4, 5), limit: 2 } as const;
    const hits = await collections.search(NAME, { ...query, filter: { sourcePrefix: "/" } });
    expect(hits.map(({ text, score }) => [text, Math.round(score * 1e6)])).toEqual(
      expect.arrayContaining([
        ["one", 1e6],
        ["two", 1e6],
      ]),
    );
    expect(hits.find(({ text }) => text === "one")?.metadata).toEqual({ year: 1 });
    expect((await collections.versions(NAME, ["/a.md"])).get("/a.md")).toMatchObject({
      hash: "hash of /a.md",
      pipeline: "extractor splitter new",
    });
    expect(await collections.pageText(NAME, { source: "/a.md", number: 1 })).toBe("one\nthree");
    expect((await collections.documents(NAME, { limit: 9 })).map(({ lineage }) => lineage)).toEqual([
      { ...LINEAGE, model: "new" },
      { ...LINEAGE, model: "new" },
    ]); // its text is referred to as before
    expect(await collections.swaps.swapOf(NAME)).toBeUndefined();
    if (place.sql !== undefined) {
      const [row] = await place.sql.client.query<{ n: number }>(
        `select (select count(*) from "${place.sql.schema}".passage)::integer
          + (select count(*) from "${place.sql.schema}".collection_item)::integer
          + (select count(*) from "${place.sql.schema}".collection)::integer as n`,
      );
      expect(row?.n).toBe(all + 1);
    }
    expect(await run(embedderOf("third", 2))).toMatchObject({ state: "completed" });
    expect(await collections.count(NAME)).toBe(all);
  });

  test("meanwhile the old one is searched and written, and what was written is in the new one", async () => {
    const { collections } = place;
    let begun = false;
    const meanwhile = async (): Promise<void> => {
      if (begun) return;
      begun = true;
      expect(await found()).toBe(all);
      expect(await collections.list()).toMatchObject([{ name: NAME, model: "model" }]);
      await collections.forget(NAME, ["/b.md"]);
      await collections.replace(NAME, [documentOf("/c.md", [{ text: "late", vector: [1, 0] }])]);
      const changed = { ...documentOf("/a.md", [{ text: "changed", vector: [1, 0] }]), hash: "other" };
      await collections.replace(NAME, [changed]);
      await collections.removeItems(NAME, ["id 0"]);
      await collections.upsertItems(NAME, [
        itemOf("id 1", [1, 0], { text: "other words", metadata: { n: 1 } }),
        itemOf("later", [1, 0], { text: "later" }),
      ]);
    };
    expect(await run(embedderOf("new", 3, meanwhile))).toMatchObject({ state: "completed" });
    expect(begun).toBe(true);
    expect(await collections.sources(NAME, { limit: 10 })).toEqual(["/a.md", "/c.md"]);
    expect(await collections.get(NAME)).toMatchObject({ model: "new", passages: 2, items: ITEMS });
    const text = async (words: string) =>
      (await collections.search(NAME, { mode: "text", text: words, limit: 5 })).map(({ source }) => source);
    expect(await text("changed")).toEqual(["/a.md"]);
    expect(await text("one")).toEqual([]);
    expect(await text("other words")).toEqual(["id 1"]);
    expect(await text("later")).toEqual(["later"]);
  });

  test("with texts that fail nothing changes; run again it does what is missing and switches", async () => {
    const picky = embedderOf("new", 3, (text) => {
      if (text === "two") throw new ClassedError("validation", "bad-text", "this text is not for me");
    });
    expect(await run(picky)).toMatchObject({ state: "partial", result: '{"switched":0}' });
    expect(await found()).toBe(all);
    expect(await place.collections.swaps.swapOf(NAME)).toMatchObject({
      model: "new",
      passages: 2,
      items: ITEMS,
    });
    const mended = embedderOf("new", 3);
    expect(await run(mended)).toMatchObject({ state: "completed", result: '{"switched":1}' });
    expect(mended.seen).toEqual(["two"]);
    expect(await place.collections.count(NAME)).toBe(all);
  });

  test("an item without a text cannot be swapped, and is named", async () => {
    await place.collections.upsertItems(NAME, [itemOf("bare", [1, 0])]);
    expect(await run(embedderOf("new", 3))).toMatchObject({ state: "partial" });
    expect(await found()).toBe(all + 1);
    await place.collections.removeItems(NAME, ["bare"]);
    expect(await run(embedderOf("new", 3))).toMatchObject({ state: "completed" });
    expect(await place.collections.count(NAME)).toBe(all);
  });

  test("a swap that is not finished is behind, goes on under its name, and can be abandoned", async () => {
    const { swaps } = place.collections;
    const to = { name: NAME, model: "new", dimensions: 3 };
    const begun = await swaps.beginSwap(to);
    expect(await swaps.beginSwap(to)).toBe(begun);
    expect(await swaps.finishSwap(NAME)).toBe("behind");
    expect(await found()).toBe(all);
    expect(await swaps.documentsBehind(NAME, { limit: 1 })).toEqual(["/a.md"]);
    expect(await swaps.documentsBehind(NAME, { after: "/a.md", limit: 5 })).toEqual(["/b.md"]);
    expect(await swaps.itemsBehind(NAME, { after: "id 98", limit: 2 })).toEqual([
      { id: "id 99", text: "item 99", metadata: { n: 99 } },
    ]);
    expect(await swaps.beginSwap({ ...to, model: "newer" })).not.toBe(begun);
    await expect(place.collections.count(begun)).rejects.toMatchObject({ code: "not-found" });
    expect(await swaps.abandonSwap(NAME)).toBe(true);
    expect(await swaps.abandonSwap(NAME)).toBe(false);
    await expect(swaps.finishSwap(NAME)).rejects.toMatchObject({ code: "not-found" });
    await expect(swaps.beginSwap({ ...to, name: "none" })).rejects.toMatchObject({ code: "not-found" });
    const same = { name: NAME, model: "model", dimensions: 2 };
    await expect(swaps.beginSwap(same)).rejects.toMatchObject({ code: "bad-input" });
    expect(await found()).toBe(all);
  });

  test("removing a collection removes what waits to take its place", async () => {
    const { collections } = place;
    const begun = await collections.swaps.beginSwap({ name: NAME, model: "new", dimensions: 3 });
    expect(await collections.remove(NAME)).toBe(true);
    await expect(collections.count(begun)).rejects.toMatchObject({ code: "not-found" });
    expect(await collections.list()).toEqual([]);
  });

  test("a search during the switch sees one version, whole", async () => {
    const { collections } = place;
    const embedder = embedderOf("new", 2);
    let over = false;
    const seen = new Set<string>();
    const search = async (): Promise<void> => {
      while (!over) {
        const answer = collections.search(NAME, OLD).then(
          (hits) => `${hits.length} hits`,
          (error) => error.code,
        );
        seen.add(await answer);
        await setImmediate(); // searches in memory never wait
      }
    };
    const searching = [search(), search()];
    expect(await run(embedder)).toMatchObject({ state: "completed" });
    over = true;
    await Promise.all(searching);
    seen.delete("collection-mismatch"); // the new version, which the old model's vector does not fit
    expect([...seen]).toEqual([`${all} hits`]);
  });
});
