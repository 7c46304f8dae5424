import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  hashLexicalV1,
  ingestBatch,
  MemoryCollections,
  MemoryExtractions,
  markdownSplitter,
  searchCollection,
} from "@millrace/rag";
import { createMillrace, memoryStore } from "millrace";
import { afterAll, expect, test } from "vitest";
import { extractor } from "./csv-type.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-csv-"));
afterAll(async () => {
  await extractor.stop();
  rmSync(folder, { recursive: true });
});

test("the guide's type is ingested and found like the built-in ones", async () => {
  writeFileSync(join(folder, "mills.csv"), "mill,stones\nUpper,2\nLower,3\n");
  writeFileSync(join(folder, "broken.csv"), "only,a,head");
  const collections = new MemoryCollections();
  const embedder = hashLexicalV1();
  const batch = ingestBatch({
    extractor,
    splitter: markdownSplitter(),
    embedder,
    collections,
    extractions: new MemoryExtractions(collections),
  });
  await collections.ensure({ name: "tables", model: embedder.model, dimensions: embedder.dimensions });
  const mr = createMillrace({ store: memoryStore(), batches: [batch] });
  mr.worker();
  const run = await mr.start(batch, { collection: "tables", roots: [folder] });
  expect(await run.finished()).toMatchObject({ state: "partial" });
  const query = { collection: "tables", text: "stones of the lower mill", limit: 1 };
  const [hit] = await searchCollection({ collections, embedder }, query);
  expect(hit).toMatchObject({
    source: join(folder, "mills.csv"),
    text: "| mill | stones |\n|---|---|\n| Upper | 2 |\n| Lower | 3 |",
  });
  await mr.close();
});
