/** What a program gets with its collections. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachedEmbedder, hashLexicalV1 } from "@millrace/rag";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCollections } from "./open-collections.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-open-collections-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("its embeddings are kept in the store: a text that was seen is not embedded again", async () => {
  const asked: string[] = [];
  const inner = hashLexicalV1();
  const counting = {
    ...{ model: inner.model, dimensions: inner.dimensions },
    ...{ maxInputs: inner.maxInputs, maxTokensPerInput: inner.maxTokensPerInput },
    embed: (texts: readonly string[], options: { readonly signal: AbortSignal }) => {
      asked.push(...texts);
      return inner.embed(texts, options);
    },
  };
  for (const texts of [["a mill"], ["a mill", "a weir"]]) {
    const home = await openCollections({ store: `file:${join(folder, "store")}` });
    const embedder = cachedEmbedder(counting, home.embeddings);
    const { signal } = new AbortController();
    expect(await embedder.embed(texts, { signal })).toEqual(await inner.embed(texts, { signal }));
    await home.close();
  }
  expect(asked).toEqual(["a mill", "a weir"]);
});
