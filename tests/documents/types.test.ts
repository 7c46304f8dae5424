/** Types of documents by value, on every store. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createExtractor, type DocumentType, type Extractor } from "@millrace/rag";
import { expect, test } from "vitest";
import {
  collection,
  counted,
  documents,
  email,
  folder,
  home,
  ingest,
  onEachHome,
  toolsWith,
  writeAll,
} from "./document-homes.ts";

onEachHome(() => {
  test("a type added by a value is found, read and searched like the others", async () => {
    await writeAll();
    writeFileSync(join(folder, "f.eml"), "no header at all");
    const run = await ingest(toolsWith());
    expect(run.state).toBe("partial");
    expect(counted(run)).toMatchObject({ done: 5, failed: 1 });
    expect((await documents()).map(({ format, engine }) => [format, engine])).toEqual([
      ["pdf", "liteparse"],
      ["docx", "mammoth"],
      ["html", "turndown"],
      ["markdown", "markdown"],
      ["eml", "eml"],
    ]);
    expect(await home.collections.pageText(collection, { source: join(folder, "e.eml"), number: 1 })).toBe(
      `# Grain\n\nThe grain has come to ${collection}.`,
    );
  });

  test("another release of a type parses its documents again, and only them", async () => {
    await writeAll();
    await ingest(toolsWith());
    const newer = createExtractor({ processes: 1, documentTypes: [{ ...email, version: "eml/2" }] });
    const read: string[] = [];
    const spied: Extractor = {
      ...newer,
      extract: (file, options) => {
        read.push(file.format);
        return newer.extract(file, options);
      },
    };
    const run = await ingest(toolsWith({ extractor: spied }));
    await newer.stop();
    expect(read).toEqual(["eml"]);
    expect(counted(run)).toMatchObject({ done: 1, filtered: 4 });
  });

  test("what a document put into its temporary folder is gone with it", async () => {
    const storage = join(folder, "temp");
    const seen: string[] = [];
    const curious: DocumentType = {
      ...email,
      extract: async (file, options) => {
        const temp = await options.tempFolder();
        expect(await options.tempFolder()).toBe(temp);
        seen.push(temp);
        return email.extract(file, options);
      },
    };
    const own = createExtractor({ processes: 1, documentTypes: [curious], storage: { tempDir: storage } });
    writeFileSync(join(folder, "e.eml"), "From: me\n\nbody");
    writeFileSync(join(folder, "f.eml"), "From: me\nno body");
    expect(counted(await ingest(toolsWith({ extractor: own, extractions: undefined })))).toMatchObject({
      done: 1,
      failed: 1,
    });
    expect(seen).toHaveLength(2);
    expect(seen.every((path) => path.startsWith(storage))).toBe(true);
    expect(seen.filter(existsSync)).toEqual([]);
    await own.stop();
    expect(readdirSync(storage)).toEqual([]);
  });
});
