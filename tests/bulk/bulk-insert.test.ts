/** Owns what a run of bulk inserting comes to: new and replaced items, repeats, other dimensions, on each home. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ItemRow } from "@millrace/core";
import { arrayReader, Upload } from "@millrace/core/items";
import { bulkInsert } from "@millrace/rag";
import { fakeVector } from "@millrace/testkit/model-server";
import { afterEach, describe, expect, test } from "vitest";
import { bulkHomes } from "./bulk-homes.ts";
import { BulkScene } from "./bulk-scene.ts";

let scene: BulkScene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

const vectorOf = (text: string, dimensions = 8) => [...fakeVector(text, dimensions)];
const record = (id: string, more: object = {}) => ({
  id,
  embedding: vectorOf(id),
  metadata: { name: id },
  ...more,
});
const numbered = (count: number) => Array.from({ length: count }, (_, index) => record(`item-${index}`));

describe.each(bulkHomes("bulk_insert_test"))("bulk inserting on $name", (home) => {
  async function sceneOf(): Promise<BulkScene> {
    scene = await BulkScene.on(home);
    return scene;
  }

  test("items go in, replace those of their id, and the last of each id wins; others fail alone", async () => {
    const at = await sceneOf();
    const { mr, insert, collections } = at.process();
    const first = await mr.start(insert, { file: at.file(numbered(600)), collection: "notes", model: "ada" });
    expect(await first.finished()).toMatchObject({
      state: "completed",
      counters: { items: { done: 600, inserted: 600 } },
    });
    expect(await collections.shape("notes")).toMatchObject({ model: "ada", dimensions: 8 });
    const file = at.file([
      record("item-1", { embedding: vectorOf("first") }),
      record("new"),
      record("narrow", { embedding: vectorOf("narrow", 4) }),
      record("odd", { embedding: [1, "2"] }),
      record("wild", { embedding: vectorOf("wild").fill(1e39, 0, 1) }),
      record("item-1", { embedding: vectorOf("last"), text: "the last one" }),
    ]);
    const run = await mr.start(insert, { file, collection: "notes" });
    expect(await run.finished()).toMatchObject({
      state: "partial",
      counters: { items: { read: 6, done: 2, failed: 3, filtered: 1, inserted: 1, updated: 1 } },
    });
    const failed: ItemRow[] = [];
    for await (const row of run.items("items", { states: ["failed"] })) failed.push(row);
    expect(failed.map(({ key, reason }) => [key, reason]).sort()).toEqual([
      [`${run.id}:3`, "malformed"],
      ["narrow", "embedding-dimensions"],
      ["wild", "embedding-value"],
    ]);
    expect(await collections.count("notes")).toBe(601);
    const vector = Float32Array.from(vectorOf("last"));
    const [best] = await collections.search("notes", { vector, limit: 1, mode: "vector" });
    expect(best).toMatchObject({ id: "item-1", text: "the last one" });
    expect(best?.score).toBeGreaterThan(0.999);
  });

  test("vectors of a model do not go into another's collection", async () => {
    const at = await sceneOf();
    const { mr, insert, collections } = at.process();
    const file = at.file(numbered(3));
    await (await mr.start(insert, { file, collection: "notes", model: "ada" })).finished();
    const other = await mr.start(insert, {
      file: at.file([record("b")]),
      collection: "notes",
      model: "bert",
    });
    const { state, error } = await other.finished();
    expect(state).toBe("failed");
    expect(error).toContain("vectors of ada");
    expect(await collections.count("notes")).toBe(3);
  });

  test("an upload is read as it was sealed", async () => {
    const at = await sceneOf();
    const { mr, insert, collections } = at.process();
    const folder = mkdtempSync(join(tmpdir(), "millrace-upload-"));
    try {
      const upload = await Upload.open(folder);
      const lines = numbered(20).map((item) => `${JSON.stringify({ key: item.id, item })}\n`);
      await upload.receive(pieces([...lines, "no json\n"]));
      await upload.seal(21);
      await upload.close();
      const run = await mr.start(insert, { upload: folder, collection: "notes" });
      expect(await run.finished()).toMatchObject({
        state: "partial",
        counters: { items: { done: 20, failed: 1, inserted: 20 } },
      });
      expect(await collections.count("notes")).toBe(20);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a source that cannot be read fails the run, with the file's name", async () => {
    const { mr, insert } = (await sceneOf()).process();
    const run = await mr.start(insert, { file: "/nowhere/items.ndjson", collection: "notes" });
    const row = await run.finished();
    expect(row.state).toBe("failed");
    expect(row.error).toContain("/nowhere/items.ndjson");
  });

  test("a program may read its items itself", async () => {
    const { collections } = (await sceneOf()).process({ works: false });
    const own = bulkInsert({ collections, reader: ({ collection }) => arrayReader([record(collection)]) });
    expect(own.stepNames).toEqual(["check", "items"]);
  });
});

async function* pieces(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line);
}
