/** Owns what a run of bulk embedding comes to: items, repeats, failures, limits, cuts and cancels, on each home. */
import type { ItemRow, Millrace } from "@millrace/core";
import { type ModelFault, tooManyRequests } from "@millrace/testkit/model-server";
import { afterEach, describe, expect, test } from "vitest";
import { bulkHomes } from "./bulk-homes.ts";
import { BulkScene, MODEL, type SceneOptions } from "./bulk-scene.ts";

let scene: BulkScene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

const COLLECTION = `${MODEL}_embeddings`;
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `item-${index}`, text: `text ${index}` }));

describe.each(bulkHomes("bulk_embed_test"))("bulk embedding on $name", (home) => {
  async function sceneWith(options: SceneOptions = {}): Promise<BulkScene> {
    scene = await BulkScene.on(home, options);
    return scene;
  }

  /** Every vector of the collection, by searching for itself. */
  async function expectVectors(at: BulkScene, ids: Readonly<Record<string, string>>): Promise<void> {
    const { collections } = at.process({ works: false });
    expect(await collections.knownItems(COLLECTION, Object.keys(ids))).toEqual(new Set(Object.keys(ids)));
    expect(await collections.count(COLLECTION)).toBe(Object.keys(ids).length);
    for (const [id, text] of Object.entries(ids).slice(0, 5)) {
      const [best] = await collections.search(COLLECTION, {
        vector: at.server.vectorOf(text),
        limit: 1,
        mode: "vector",
      });
      expect(best).toMatchObject({ id, text });
      expect(best?.score).toBeGreaterThan(0.999);
    }
  }

  test("each item has its vector under its id, the last of each id wins, and what is malformed fails alone", async () => {
    const at = await sceneWith({ server: { poison: "BAD" } });
    const { mr, embed } = at.process();
    const file = at.file([
      ...numbered(25),
      { text: "without an id" },
      { id: "item-3", text: "text 3, again" },
      { id: "poor", text: "BAD text" },
      { id: "none" },
      "{ no json",
      { id: "empty", text: "  " },
    ]);
    const run = await mr.start(embed, { file });
    const row = await run.finished();
    expect(row).toMatchObject({
      state: "partial",
      counters: { items: { read: 31, done: 26, failed: 4, filtered: 1, inserted: 26 } },
    });
    const expected = Object.fromEntries(numbered(25).map(({ id, text }) => [id, text]));
    await expectVectors(at, { ...expected, "item-3": "text 3, again", [`${run.id}:25`]: "without an id" });
    const failed = await rowsOf(run.items("items", { states: ["failed"] }));
    expect(failed.map(({ key, errorClass, reason }) => [key, errorClass, reason]).sort()).toEqual(
      [
        [`${run.id}:28`, "validation", "malformed"],
        [`${run.id}:29`, "validation", "malformed"],
        [`${run.id}:30`, "validation", "malformed"],
        ["poor", "validation", "refused"],
      ].sort(),
    );
    const [repeated] = await rowsOf(run.items("items", { states: ["filtered"] }));
    expect(repeated).toMatchObject({ key: `${run.id}:3:item-3`, reason: "repeated-id" });
  });

  test("a run over items that are there updates them", async () => {
    const at = await sceneWith();
    const { mr, embed, collections } = at.process();
    await (await mr.start(embed, { file: at.file(numbered(30)), collection: "notes" })).finished();
    const file = at.file([...numbered(10), { id: "new", text: "new" }]);
    const row = await (await mr.start(embed, { file, collection: "notes" })).finished();
    expect(row).toMatchObject({
      state: "completed",
      counters: { items: { inserted: 1, updated: 10, done: 11 } },
    });
    expect(await collections.count("notes")).toBe(31);
  });

  test("a storm of 429s costs time, but no attempt and no item", async () => {
    const at = await sceneWith({
      server: { rate: { requests: 4, windowMs: 250 } },
      model: { concurrency: 4 },
      bulk: { retry: "none" },
    });
    const { mr, embed } = at.process();
    const row = await (await mr.start(embed, { file: at.file(numbered(200)) })).finished();
    expect(row).toMatchObject({ state: "completed", counters: { items: { done: 200 } } });
    expect(row.counters["items"]?.["retried"] ?? 0).toBe(0);
    await expectVectors(at, Object.fromEntries(numbered(200).map(({ id, text }) => [id, text])));
  });

  test("cut connections, unreadable answers and failures of the server lose nothing", async () => {
    const faults: readonly ModelFault[] = [
      { kind: "drop", when: "before" },
      { kind: "drop", when: "within" },
      { kind: "unparseable" },
      { kind: "count", by: -1 },
      { kind: "status", status: 502 },
    ];
    const at = await sceneWith({ server: { seed: 7, random: { share: 0.3, faults } } });
    const { mr, embed } = at.process();
    const row = await (await mr.start(embed, { file: at.file(numbered(300)) })).finished();
    expect(row).toMatchObject({ state: "completed", counters: { items: { done: 300, inserted: 300 } } });
    await expectVectors(at, Object.fromEntries(numbered(300).map(({ id, text }) => [id, text])));
  });

  test("a cancel cuts the requests under way", async () => {
    const at = await sceneWith({ model: { concurrency: 2 }, bulk: { concurrency: 2 } });
    at.server.always({ kind: "silent" });
    const { mr, embed } = at.process();
    const run = await mr.start(embed, { file: at.file(numbered(40)) });
    await at.server.until(() => at.server.inFlight === 2);
    await run.cancel("wrong model");
    await at.server.until(() => at.server.aborts === 2 && at.server.inFlight === 0);
    expect(await run.finished()).toMatchObject({ state: "cancelled" });
  });

  test("a limit met by one process holds all of them, and explain says why their chunks wait", async () => {
    const at = await sceneWith();
    const { mr, embed } = at.process();
    const other = at.process({ works: false, first: home.name === "memory" });
    at.server.always(tooManyRequests({ "retry-after": "60" }));
    await mr.start(embed, { file: at.file(numbered(10)) });
    const chunk = await chunkPutOff(mr);
    expect((await other.mr.explain(chunk))?.reasons[0]).toMatchObject({
      code: "limited",
      key: "model:fake",
      reason: "rate-limited",
    });
    const asked = at.server.requestCount;
    const { signal } = new AbortController();
    expect(await other.model.embedEach(["text"], { signal })).toMatchObject([
      { kind: "held", key: "model:fake", reason: "rate-limited" },
    ]);
    expect(at.server.requestCount).toBe(asked);
  });

  test("failed items alone run again, once what ailed them is mended", async () => {
    const at = await sceneWith();
    const { mr, embed } = at.process();
    at.server.always({ kind: "status", status: 401 });
    const run = await mr.start(embed, { file: at.file(numbered(20)) });
    expect(await run.finished()).toMatchObject({ state: "partial", counters: { items: { failed: 20 } } });
    at.server.always(undefined);
    await run.restart({ only: "failed" });
    expect(await run.finished()).toMatchObject({
      state: "completed",
      counters: { items: { done: 20 } },
    });
    await expectVectors(at, Object.fromEntries(numbered(20).map(({ id, text }) => [id, text])));
  });

  test("a run whose parameters name no source, or two, is refused", async () => {
    const { mr, embed } = (await sceneWith()).process({ works: false });
    await expect(mr.start(embed, {})).rejects.toMatchObject({ code: "bad-input" });
    await expect(mr.start(embed, { file: "a", upload: "b" })).rejects.toMatchObject({ code: "bad-input" });
  });

  test("a collection of another model's fails the run before anything is asked", async () => {
    const at = await sceneWith();
    const { mr, embed, collections } = at.process();
    await mr.open();
    await collections.prepare();
    await collections.ensure({ name: "notes", model: "another", dimensions: 8 });
    const run = await mr.start(embed, { file: at.file(numbered(3)), collection: "notes" });
    const row = await run.finished();
    expect(row.state).toBe("failed");
    expect(row.error).toContain("another");
    expect(at.server.requestCount).toBe(0);
  });
});

async function rowsOf(rows: AsyncIterable<ItemRow>): Promise<readonly ItemRow[]> {
  const all: ItemRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** The first chunk that was put off. */
async function chunkPutOff(mr: Millrace): Promise<string> {
  for (;;) {
    const page = await mr.jobs.list({ name: "bulk_embed/fake/chunk", states: ["scheduled"] });
    const found = page.rows.find(({ snoozes }) => snoozes > 0);
    if (found !== undefined) return found.id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
