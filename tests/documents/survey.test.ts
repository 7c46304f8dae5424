/** Surveys before an ingest, on every store. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CleanupMode,
  type IngestTools,
  markdownSplitter,
  type SurveyedDocument,
  surveyDocuments,
} from "@millrace/rag";
import { describe, expect, test } from "vitest";
import {
  collection,
  counted,
  documents,
  folder,
  home,
  ingest,
  onEachHome,
  signal,
  toolsWith,
  writeAll,
} from "./document-homes.ts";

onEachHome(() => {
  describe("a survey", () => {
    async function survey(tools: IngestTools, cleanup?: CleanupMode): Promise<readonly SurveyedDocument[]> {
      await home.collections.prepare();
      const params = { collection, roots: [folder], ...(cleanup === undefined ? {} : { cleanup }) };
      const all: SurveyedDocument[] = [];
      for await (const each of surveyDocuments(tools, params, { signal }).documents) all.push(each);
      return all;
    }
    const changes = (all: readonly SurveyedDocument[]) =>
      Object.fromEntries(all.map(({ path, change }) => [path.slice(folder.length + 1), change]));

    test("tells what an ingest then does", async () => {
      await writeAll();
      const before = await survey(toolsWith());
      expect(changes(before)).toEqual({
        "a.pdf": "new",
        "b.docx": "new",
        "c.html": "new",
        "d.md": "new",
        "e.eml": "new",
      });
      expect(before[0]).toMatchObject({
        format: "pdf",
        pages: 2,
        estimate: { passages: expect.any(Number) },
      });
      expect(await home.collections.get(collection)).toBeUndefined();

      await ingest(toolsWith());
      expect(new Set(Object.values(changes(await survey(toolsWith()))))).toEqual(new Set(["unchanged"]));
      writeFileSync(join(folder, "d.md"), "# Markdown\n\nother words");
      writeFileSync(join(folder, "f.md"), "new");
      writeFileSync(join(folder, "g.docx"), "no ZIP");
      rmSync(join(folder, "a.pdf"));
      const held = { "b.docx": "unchanged", "c.html": "unchanged", "e.eml": "unchanged" };
      const rest = { "d.md": "changed", "f.md": "new", "g.docx": "failed" };
      expect(changes(await survey(toolsWith()))).toEqual({ "a.pdf": "removed", ...held, ...rest });
      expect(changes(await survey(toolsWith(), "incremental"))).toEqual({ ...held, ...rest });
      const stale = changes(await survey(toolsWith({ splitter: markdownSplitter({ maxTokens: 128 }) })));
      expect(stale).toMatchObject({ "b.docx": "stale", "c.html": "stale", "d.md": "changed" });
      const run = await ingest(toolsWith());
      expect(counted(run)).toMatchObject({ done: 2, failed: 1, filtered: 3 });
      expect(JSON.parse(run.result ?? "{}")).toMatchObject({ removed: 1 });
    });

    test("guesses passages and tokens within a factor of three", async () => {
      await writeAll();
      const guessed = await survey(toolsWith());
      await ingest(toolsWith());
      const real = await documents();
      const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
      const [passages, tokens] = [
        sum(guessed.map(({ estimate }) => estimate?.passages ?? 0)) / sum(real.map((each) => each.passages)),
        sum(guessed.map(({ estimate }) => estimate?.tokens ?? 0)) /
          sum(real.map(({ lineage }) => lineage?.tokens ?? 0)),
      ];
      for (const ratio of [passages, tokens]) {
        expect(ratio).toBeGreaterThan(1 / 3);
        expect(ratio).toBeLessThan(3);
      }
    });
  });
});
