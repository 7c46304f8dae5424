/** The stages of an ingest by value, and what documents keep of them, on every store. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Embedder, markdownSplitter, type Splitter } from "@millrace/rag";
import { expect, test } from "vitest";
import type { Home } from "../../packages/millrace/src/home/home.ts";
import { documents, folder, home, ingest, onEachHome, toolsWith, writeAll } from "./document-homes.ts";

onEachHome(() => {
  test("each stage is replaced by a value of its port", async () => {
    writeFileSync(join(folder, "c.html"), "<p>one</p><p>two</p>");
    const splitter: Splitter = {
      version: "lines/1",
      *split(pages) {
        let ordinal = 0;
        for (const { number, text } of pages) {
          for (const { index, 0: line } of text.matchAll(/\S+/g)) {
            const where = { pageStart: number, pageEnd: number, start: index, end: index + line.length };
            yield { ordinal: ordinal++, ...where, text: line, headingPath: [], tokens: 1 };
          }
        }
      },
    };
    const embedder: Embedder = {
      model: "length/1",
      dimensions: 2,
      maxInputs: 10,
      maxTokensPerInput: 10,
      embed: async (texts) => texts.map((text) => Float32Array.of(1, text.length)),
    };
    const written: string[] = [];
    const collections = new Proxy(home.collections, {
      get: (target, name) => {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== "function") return verb;
        return (...call: Parameters<Home["collections"]["replace"]>) => {
          if (name === "replace")
            written.push(...call[1].flatMap(({ passages }) => passages.map(({ text }) => text)));
          return verb.apply(target, call);
        };
      },
    });
    await ingest(toolsWith({ splitter, embedder, collections }));
    expect(written).toEqual(["one", "two"]);
    expect(await documents()).toMatchObject([
      { passages: 2, lineage: { splitter: "lines/1", model: "length/1" } },
    ]);
  });

  test("a document keeps how it was made", async () => {
    await writeAll();
    const run = await ingest(toolsWith());
    const [pdf] = await documents();
    expect(pdf).toMatchObject({
      source: join(folder, "a.pdf"),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      pages: 2,
      lineage: {
        run: run.id,
        engineVersion: "2.14.7",
        fallbacks: [],
        isReused: expect.any(Boolean),
        splitter: markdownSplitter().version,
        model: "hash-lexical-v1",
      },
    });
    expect(pdf?.lineage?.tokens).toBeGreaterThan(5);
    expect(Object.keys(pdf?.lineage?.ms ?? {}).sort()).toEqual(["embed", "extract", "split", "validate"]);
    expect(Math.abs((pdf?.indexedAtMs ?? 0) - Date.now())).toBeLessThan(600_000);
  });
});
