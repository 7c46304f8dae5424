/** The cache of embeddings: what is found, what is kept, what goes; the same on every home. */
import { cachedByDefault, cachedEmbedder, type Embedder, hashLexicalV1 } from "@millrace/rag";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CollectionPlace, collectionHomes } from "./homes.ts";

const { signal } = new AbortController();

/** An embedder that tells what it was asked. */
function countingEmbedder(model = "counting", dimensions = 2): Embedder & { readonly asked: string[][] } {
  const asked: string[][] = [];
  return {
    model,
    dimensions,
    maxInputs: 4,
    maxTokensPerInput: 100,
    asked,
    embed: async (texts) => {
      asked.push([...texts]);
      return texts.map((text) => Float32Array.from({ length: dimensions }, (_, n) => text.length + n));
    },
  };
}

const keyOf = (n: number): string => n.toString(16).padStart(64, "0");
const entriesOf = (...numbers: readonly number[]) =>
  new Map(numbers.map((n) => [keyOf(n), Float32Array.of(n, 0.5)]));

describe.each(collectionHomes("collections_cache"))("the cache on $name", (home) => {
  let place: CollectionPlace;
  beforeAll(() => home.start());
  afterAll(() => home.stop());
  beforeEach(async () => {
    place = await home.create();
  });

  test("gives what was put, and nothing else", async () => {
    const cache = place.cache();
    await cache.put(entriesOf(1, 2));
    await cache.put(entriesOf(2, 3));
    const found = await cache.get([keyOf(1), keyOf(2), keyOf(9)]);
    expect([...found].sort()).toEqual([...entriesOf(1, 2)]);
    expect(await cache.get([])).toEqual(new Map());
    await cache.put(new Map());
  });

  test("lets go of the longest unused where there are too many, a few at a time", async () => {
    const roomy = place.cache();
    for (let n = 1; n <= 20; n++) await roomy.put(entriesOf(n));
    const bounded = place.cache({ maxEntries: 5 });
    for (let n = 21; n <= 40; n++) await bounded.put(entriesOf(n));
    const left = await roomy.get(Array.from({ length: 40 }, (_, n) => keyOf(n + 1)));
    if (place.sql !== undefined) expect([...left.keys()].sort()).toEqual([36, 37, 38, 39, 40].map(keyOf));
    if (place.sql === undefined) return;
    const { schema, client } = place.sql;
    const [row] = await client.query<{ entries: string }>(
      `select entries from "${schema}".embedding_cache_size`,
    );
    expect(row?.entries).toBe("5");
  });

  test("lets go of what was long unused", async () => {
    if (place.sql === undefined) return expect(home.name).toBe("memory"); // beside its source
    const { schema, client } = place.sql;
    await place.cache().put(entriesOf(1, 2, 3));
    await client.script(`update "${schema}".embedding_cache set used_at = now() - interval '3 days'`);
    await place.cache().get([keyOf(2)]);
    await place.cache({ maxAgeMs: 2 * 86_400_000 }).put(entriesOf(4, 5));
    const left = await place.cache().get([1, 2, 3, 4, 5].map(keyOf));
    expect([...left.keys()].sort()).toEqual([2, 4, 5].map(keyOf));
  });

  test("is bounded while many put at once", async () => {
    const cache = place.cache({ maxEntries: 10 });
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    await Promise.all(numbers.map((n) => cache.put(entriesOf(n, n + 1))));
    for (let n = 100; n < 110; n++) await cache.put(entriesOf(n));
    const left = await cache.get(Array.from({ length: 200 }, (_, n) => keyOf(n)));
    expect(left.size).toBe(10);
  });

  test("an embedder with it asks its model once for each text, and tells what was found", async () => {
    const inner = countingEmbedder();
    const embedder = cachedEmbedder(inner, place.cache());
    let cached = 0;
    const onCached = (count: number): void => {
      cached += count;
    };
    const options = { signal, onCached };
    const texts = ["a", "bb", "a", "ccc", "dddd", "eeeee"];
    const first = await embedder.embed(texts, options);
    expect(first.map((vector) => vector[0])).toEqual([1, 2, 1, 3, 4, 5]);
    expect(inner.asked).toEqual([
      ["a", "bb", "ccc"],
      ["dddd", "eeeee"],
    ]);
    expect(cached).toBe(0);
    const second = await embedder.embed(["a", "new", "eeeee"], options);
    expect(second.map((vector) => vector[0])).toEqual([1, 3, 5]);
    expect(inner.asked.slice(2)).toEqual([["new"]]);
    expect(cached).toBe(2);
    await embedder.embed(texts, options);
    expect(inner.asked).toHaveLength(3);
  });

  test("another model, or other dimensions, is another vector", async () => {
    const cache = place.cache();
    for (const inner of [countingEmbedder(), countingEmbedder("other"), countingEmbedder("counting", 3)]) {
      const [vector] = await cachedEmbedder(inner, cache).embed(["a"], { signal });
      expect([inner.asked.length, vector?.length]).toEqual([1, inner.dimensions]);
    }
  });

  test("what the caller does to a vector does not reach the next", async () => {
    const embedder = cachedEmbedder(countingEmbedder(), place.cache());
    const [, twin] = await embedder.embed(["a", "a"], { signal });
    twin?.fill(9);
    expect((await embedder.embed(["a"], { signal }))[0]).toEqual(Float32Array.of(1, 2));
  });

  test("nothing is kept where the model fails", async () => {
    const broken: Embedder = { ...countingEmbedder(), embed: () => Promise.reject(new Error("no model")) };
    await expect(cachedEmbedder(broken, place.cache()).embed(["a"], { signal })).rejects.toThrow("no model");
    const inner = countingEmbedder();
    await cachedEmbedder(inner, place.cache()).embed(["a"], { signal });
    expect(inner.asked).toEqual([["a"]]);
  });
});

test("an embedder cheaper than a look-up goes without", () => {
  const cache = { get: async () => new Map(), put: async () => undefined };
  const hash = hashLexicalV1();
  expect(cachedByDefault(hash, cache)).toBe(hash);
  const model = countingEmbedder();
  expect(cachedByDefault(model, cache)).not.toBe(model);
});
