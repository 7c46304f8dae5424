import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashLexicalV1, searchCollection } from "@millrace/rag";
import { openCollections } from "millrace";
import { afterAll, expect, test } from "vitest";
import { ingest } from "./ingest.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-documents-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the guide's type is ingested and found like the built-in ones, and tells how it was made", async () => {
  const paths = [join(folder, "mills.csv"), join(folder, "broken.csv"), join(folder, "page.html")];
  writeFileSync(join(folder, "mills.csv"), "mill,stones\nUpper,2\nLower,3\n");
  writeFileSync(join(folder, "broken.csv"), "only,a,head");
  writeFileSync(join(folder, "page.html"), "<h1>Mills</h1><p>of the valley");
  const store = `file:${join(folder, "store")}`;
  const documents = await ingest(store, "tables", paths);
  expect(documents).toMatchObject([
    { format: "csv", engine: "csv", pages: 1, passages: 1, lineage: { extractor: "csv/1", isReused: false } },
    { format: "html", engine: "turndown", lineage: { run: expect.any(String), tokens: expect.any(Number) } },
  ]);

  const { collections, close } = await openCollections({ store });
  const query = { collection: "tables", text: "stones of the lower mill", limit: 1 };
  const [hit] = await searchCollection({ collections, embedder: hashLexicalV1() }, query);
  expect(hit).toMatchObject({
    source: join(folder, "mills.csv"),
    text: "| mill | stones |\n|---|---|\n| Upper | 2 |\n| Lower | 3 |",
  });
  await close();
});
