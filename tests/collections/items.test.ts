/** Items of collections: written in bulk, the last of an id counts, bad ones are named; the same on every home. */
import { sqlStore } from "@millrace/postgres";
import { itemProblem } from "@millrace/rag";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CollectionPlace, collectionHomes } from "./homes.ts";
import { documentOf, itemOf } from "./samples.ts";

const NAME = "vectors";

describe.each(collectionHomes("collections_items"))("items on $name", (home) => {
  let place: CollectionPlace;
  beforeAll(() => home.start());
  afterAll(() => home.stop());
  beforeEach(async () => {
    place = await home.create();
    await place.collections.ensure({ name: NAME, model: "m", dimensions: 2 });
  });

  const nearest = async (x: number, y: number) => {
    const query = { mode: "vector", vector: Float32Array.of(x, y), limit: 1 } as const;
    return (await place.collections.search(NAME, query))[0];
  };

  test("are inserted, then updated, and counted with the passages", async () => {
    const { collections } = place;
    const first = [itemOf("a", [1, 0]), itemOf("b", Float32Array.of(0, 1) as never, { text: "bee" })];
    expect(await collections.upsertItems(NAME, first)).toEqual({ inserted: 2, updated: 0, duplicates: [] });
    const second = [itemOf("b", [-1, 0], { metadata: { n: 1 } }), itemOf("c", [1, 1])];
    expect(await collections.upsertItems(NAME, second)).toEqual({ inserted: 1, updated: 1, duplicates: [] });
    expect(await nearest(-1, 0)).toMatchObject({ id: "b", text: "", metadata: { n: 1 } });
    expect(await collections.count(NAME)).toBe(3);
    await collections.replace(NAME, [documentOf("/d", [{ text: "t", vector: [1, 0] }])]);
    expect(await collections.count(NAME)).toBe(4);
    expect(await collections.get(NAME)).toMatchObject({ documents: 1, passages: 1, items: 3 });
    expect(await collections.removeItems(NAME, ["a", "nothing"])).toBe(1);
    expect(await collections.count(NAME)).toBe(3);
    expect(await collections.upsertItems(NAME, [])).toEqual({ inserted: 0, updated: 0, duplicates: [] });
  });

  test("are told by their ids whether they are there", async () => {
    await place.collections.upsertItems(NAME, [itemOf("a", [1, 0]), itemOf("b", [0, 1])]);
    expect(await place.collections.knownItems(NAME, ["b", "none", "a", "a"])).toEqual(new Set(["a", "b"]));
    expect(await place.collections.knownItems(NAME, [])).toEqual(new Set());
    await expect(place.collections.knownItems("no such", ["a"])).rejects.toMatchObject({ code: "not-found" });
  });

  test("of one id given more than once the last counts, and the id is told", async () => {
    const items = [itemOf("a", [1, 0]), itemOf("b", [1, 1]), itemOf("a", [0, 1]), itemOf("a", [-1, 0])];
    expect(await place.collections.upsertItems(NAME, items)).toEqual({
      inserted: 2,
      updated: 0,
      duplicates: ["a"],
    });
    expect(await nearest(-1, 0)).toMatchObject({ id: "a", score: 1 });
  });

  test("that cannot be kept are all named, and nothing is written", async () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const items = [
      itemOf("good", [1, 0]),
      itemOf("short", [1]),
      itemOf("", [1, 0]),
      itemOf("nul\0", [1, 0]),
      itemOf("half\ud800", [1, 0]),
      itemOf("nan", [Number.NaN, 0]),
      itemOf("huge", [1e300, 0]),
      itemOf("text", [1, 0], { text: "x\0" }),
      itemOf("long", [1, 0], { text: "x".repeat(200_001) }),
      itemOf("meta", [1, 0], { metadata: { a: "\0" } }),
      itemOf("half-meta", [1, 0], { metadata: { a: "\udc00" } }),
      itemOf("loop", [1, 0], { metadata: loop }),
      itemOf("list", [1, 0], { metadata: [] as never }),
    ];
    const refused = place.collections.upsertItems(NAME, items);
    await expect(refused).rejects.toMatchObject({
      code: "collection-mismatch",
      message: expect.stringContaining('item "short"'),
    });
    const { details } = await refused.catch((error) => error);
    expect(
      details.items.map(({ index, reason }: { index: number; reason: string }) => [index, reason]),
    ).toEqual([
      [1, "embedding-dimensions"],
      [2, "bad-id"],
      [3, "bad-id"],
      [4, "bad-id"],
      [5, "embedding-value"],
      [6, "embedding-value"],
      [7, "bad-text"],
      [8, "bad-text"],
      [9, "bad-metadata"],
      [10, "bad-metadata"],
      [11, "bad-metadata"],
      [12, "bad-metadata"],
    ]);
    expect(await place.collections.count(NAME)).toBe(0);
    const alone = place.collections.upsertItems(NAME, [itemOf("nan", [Number.NaN, 0])]);
    await expect(alone).rejects.toMatchObject({ code: "bad-input" });
  });

  test("with all that JSON and Unicode have come back as they were", async () => {
    const metadata = { "☃ 'key\"": "\u{1f600} \\u0000 \n", deep: { list: [1, "a", null] }, big: 1e300 };
    const item = itemOf("\u{1f600}\t'; drop", [1, 0], { text: "snow ☃\n\t\\N", metadata });
    await place.collections.upsertItems(NAME, [item]);
    const hit = await nearest(1, 0);
    expect(hit).toMatchObject({ id: item.id, text: item.text });
    expect(hit?.metadata).toEqual(metadata);
  });

  test("are many at once", async () => {
    const items = Array.from({ length: 12_000 }, (_, n) => itemOf(`id ${n}`, [n, 1]));
    expect((await place.collections.upsertItems(NAME, items)).inserted).toBe(12_000);
    const again = [...items.slice(0, 6_000), itemOf("new", [1, 1])];
    expect(await place.collections.upsertItems(NAME, again)).toMatchObject({ inserted: 1, updated: 6_000 });
    expect(await place.collections.count(NAME)).toBe(12_001);
  });

  test("written in a transaction are gone with it", async () => {
    if (place.sql === undefined) return expect(home.name).toBe("memory"); // has no transactions
    const { transactions } = sqlStore(place.sql.client, { schema: place.sql.schema }).capabilities;
    if (transactions === undefined) throw new Error("a SQL store has transactions");
    const undone = transactions.run(async (transaction) => {
      await place.collections.upsertItems(NAME, [itemOf("a", [1, 0])], transaction);
      await place.collections.upsertItems(NAME, [itemOf("b", [1, 0]), itemOf("a", [1, 1])], transaction);
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    expect(await place.collections.count(NAME)).toBe(0);
    await transactions.run((transaction) =>
      place.collections.upsertItems(NAME, [itemOf("a", [1, 0])], transaction),
    );
    expect(await place.collections.count(NAME)).toBe(1);
  });

  test("written by several at once in other orders never lock each other out", async () => {
    const ids = Array.from({ length: 500 }, (_, n) => `id ${n}`);
    const results = await Promise.all(
      [ids, ids.toReversed(), ids, ids.toReversed()].map((some) =>
        place.collections.upsertItems(
          NAME,
          some.map((id) => itemOf(id, [1, 0])),
        ),
      ),
    );
    expect(results.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(500);
    expect(results.reduce((sum, { updated }) => sum + updated, 0)).toBe(1_500);
  });

  test("go with their collection", async () => {
    await place.collections.upsertItems(NAME, [itemOf("a", [1, 0])]);
    expect(await place.collections.remove(NAME)).toBe(true);
    await place.collections.ensure({ name: NAME, model: "m", dimensions: 2 });
    expect(await place.collections.count(NAME)).toBe(0);
    await expect(place.collections.upsertItems("none", [])).rejects.toMatchObject({ code: "not-found" });
    await expect(place.collections.count("none")).rejects.toMatchObject({ code: "not-found" });
  });
});

test("a bulk load fails its bad items one by one", () => {
  const shape = { name: NAME, dimensions: 2 };
  expect(itemProblem(itemOf("a", [1, 0]), shape)).toBeUndefined();
  expect(itemProblem(itemOf("a", [1]), shape)).toMatchObject({
    errorClass: "validation",
    reason: "embedding-dimensions",
    message: expect.stringContaining('item "a"'),
  });
});
