/** Writing items into a collection: as often as it is tried, and failing for what is wrong with one of them. */
import { ClassedError, type WriteContext } from "@millrace/core";
import { expect, test } from "vitest";
import { collectionWriter } from "./collection-writer.ts";
import { MemoryCollections } from "./memory-collections.ts";

const context = { transaction: undefined } as WriteContext<unknown, unknown>; // all the writer looks at

async function written() {
  const collections = new MemoryCollections();
  await collections.ensure({ name: "notes", model: "test", dimensions: 2 });
  return { collections, writer: collectionWriter({ collections, collection: "notes" }) };
}

test("items are there once, however often they are written, and of one id the last counts", async () => {
  const { collections, writer } = await written();
  const items = [
    { id: "a", embedding: [1, 0], metadata: { n: 1 } },
    { id: "a", embedding: [0, 1], metadata: { n: 2 } },
    { id: "b", embedding: Float32Array.of(1, 1), text: "both" },
  ];
  await writer.write(items, context);
  await writer.write(items, context);
  expect(await collections.count("notes")).toBe(2);
});

test("an item that the collection cannot take is a failure of class validation, and nothing is written", async () => {
  const { collections, writer } = await written();
  const refused = Promise.resolve(
    writer.write(
      [
        { id: "a", embedding: [1, 0] },
        { id: "b", embedding: [1, 0, 0] },
      ],
      context,
    ),
  );
  await expect(refused).rejects.toThrow(ClassedError);
  await expect(refused).rejects.toMatchObject({ errorClass: "validation", reason: "embedding-dimensions" });
  expect(await collections.count("notes")).toBe(0);
});

test("any other trouble stays what it is", async () => {
  const { collections } = await written();
  const writer = collectionWriter({ collections, collection: "none" });
  await expect(writer.write([{ id: "a", embedding: [1, 0] }], context)).rejects.toMatchObject({
    code: "not-found",
  });
});
