/** Extracted text that is kept, on every store: what is parsed again, and when a text goes. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type DocumentRecord,
  documentFailure,
  type Embedder,
  hashLexicalV1,
  markdownSplitter,
} from "@millrace/rag";
import { expect, test } from "vitest";
import { minimalPdf } from "../../packages/rag/src/stages/extract/minimal-pdf.fixture.ts";
import {
  collection,
  counted,
  counting,
  documents,
  folder,
  home,
  ingest,
  onEachHome,
  toolsWith,
  writeAll,
} from "./document-homes.ts";

onEachHome(() => {
  test("splitting in another way parses nothing, nor does another collection", async () => {
    await writeAll();
    rmSync(join(folder, "d.md"));
    const first = counting();
    await ingest(toolsWith({ extractor: first }));
    expect(first.read).toHaveLength(4);
    const before = await documents();

    const again = counting();
    const run = await ingest(toolsWith({ extractor: again, splitter: markdownSplitter({ maxTokens: 128 }) }));
    expect(again.read).toEqual([]);
    expect(counted(run)).toMatchObject({ done: 4 });
    const after = await documents();
    const passages = (all: readonly DocumentRecord[]) => all.reduce((sum, each) => sum + each.passages, 0);
    expect(passages(after)).toBeGreaterThan(passages(before));
    expect(after.map(({ lineage }) => lineage?.isReused)).toEqual([true, true, true, true]);
    expect(after.map(({ lineage }) => lineage?.ms.extract)).toEqual(
      before.map(({ lineage }) => lineage?.ms.extract),
    );

    const elsewhere = counting();
    await ingest(toolsWith({ extractor: elsewhere }), { into: `${collection}-2` });
    expect(elsewhere.read).toEqual([]);
    const key = ({ pages, hash, format }: DocumentRecord) => ({ pages, hash, format });
    expect((await documents(`${collection}-2`)).map(key)).toEqual(before.map(key));
  });

  test("text is kept before it is embedded: a model that fails costs no parsing", async () => {
    writeFileSync(join(folder, "a.pdf"), minimalPdf({ pages: [`a page about ${collection}`] }));
    const lexical = hashLexicalV1();
    const broken: Embedder = {
      ...lexical,
      embed: () => Promise.reject(documentFailure({ path: "model", reason: "malformed", why: "it is away" })),
    };
    const first = counting();
    expect((await ingest(toolsWith({ extractor: first, embedder: broken }))).state).toBe("partial");
    expect(first.read).toHaveLength(1);
    const second = counting();
    expect((await ingest(toolsWith({ extractor: second }))).state).toBe("completed");
    expect(second.read).toEqual([]);
  });

  test("text that no document refers to goes, and no other", async () => {
    const path = join(folder, "c.html");
    writeFileSync(path, `<p>first ${collection}`);
    await ingest(toolsWith());
    const [{ hash = "", lineage } = {}] = await documents();
    const key = { hash, format: "html", version: lineage?.extractor ?? "" };
    await home.extractions.clean({ keepMs: 0 });
    expect(await home.extractions.find(key)).toMatchObject({ pages: [{ text: `first ${collection}` }] });
    writeFileSync(path, `<p>second ${collection}`);
    await ingest(toolsWith());
    expect(await home.extractions.find(key)).toBeDefined(); // a day has not passed
    expect(await home.extractions.clean({ keepMs: 0 })).toBeGreaterThan(0);
    expect(await home.extractions.find(key)).toBeUndefined();
    const other = counting();
    await ingest(toolsWith({ extractor: other }), { into: `${collection}-2` });
    expect(other.read).toEqual([]);
    await home.collections.remove(collection);
    await home.collections.remove(`${collection}-2`);
    expect(await home.extractions.clean({ keepMs: 0 })).toBeGreaterThan(0);
  });
});
