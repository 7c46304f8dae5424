import { ClassedError, PutOffError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import type { Embedder } from "../ports/embedder.ts";
import { hashLexicalV1 } from "../stages/embed/hash-lexical-v1.ts";
import { itemEmbedder } from "./item-embedder.ts";
import { Models } from "./models.ts";

const { signal } = new AbortController();

/** Refuses texts by the error of their name. */
function refusing(errors: Readonly<Record<string, Error>>): { embedder: Embedder; calls: string[][] } {
  const calls: string[][] = [];
  const embed: Embedder["embed"] = async (texts) => {
    calls.push([...texts]);
    const error = texts.flatMap((text) => errors[text] ?? []).at(0);
    if (error !== undefined) throw error;
    return texts.map((text) => Float32Array.of(text.length, 1));
  };
  return { embedder: { model: "own", dimensions: 2, maxInputs: 10, maxTokensPerInput: 10, embed }, calls };
}

describe("models", () => {
  test("are made once, of endpoints and of embedders", () => {
    const models = new Models({
      "hash-lexical-v1": hashLexicalV1(),
      remote: { url: "http://127.0.0.1:9/v1", dimensions: 8, collection: "passages" },
    });
    expect(models.names).toEqual(["hash-lexical-v1", "remote"]);
    expect(models.get("remote")).toBe(models.get("remote"));
    expect(models.get("remote")).toMatchObject({ model: "remote", dimensions: 8, collection: "passages" });
    expect(models.get("hash-lexical-v1")).toMatchObject({ collection: "hash-lexical-v1_embeddings" });
  });

  test("embed whole calls, too: of endpoints through the same connections, of embedders checked", async () => {
    const { embedder } = refusing({});
    const remote = { url: "http://127.0.0.1:9/v1", dimensions: 8 };
    const models = new Models({ remote, own: { ...embedder, dimensions: 3 } });
    expect(models.embedder("remote")).toBe(models.get("remote"));
    await expect(models.embedder("own").embed(["two components"], { signal })).rejects.toThrow();
    expect(() => models.embedder("other")).toThrow(expect.objectContaining({ code: "not-found" }));
    await models.close();
    await expect(models.embedder("remote").embed(["a"], { signal })).rejects.toMatchObject({
      code: "bad-usage",
    });
  });

  test.each(["other", "toString"])("%s, which is not there, is refused with those there are", (name) => {
    const models = new Models({ remote: { url: "http://127.0.0.1:9/v1", dimensions: 8 } });
    expect(() => models.get(name)).toThrow(
      expect.objectContaining({ code: "not-found", message: expect.stringContaining("there are remote") }),
    );
  });
});

describe("an embedder of one's own as one of items", () => {
  test("a text that it refuses fails alone", async () => {
    const { embedder } = refusing({ bad: new ClassedError("validation", "too-long", "no") });
    const results = await itemEmbedder(embedder).embedEach(["a", "bad", "ccc"], { signal });
    expect(results.map(({ kind }) => kind)).toEqual(["vector", "failed", "vector"]);
    expect(results[1]).toMatchObject({ error: { errorClass: "validation", reason: "too-long" } });
  });

  test("a failure that passes is not asked for text by text", async () => {
    const { embedder, calls } = refusing({ b: Object.assign(new Error("gone"), { code: "ECONNRESET" }) });
    const results = await itemEmbedder(embedder).embedEach(["a", "b"], { signal });
    expect(results).toMatchObject([
      { kind: "failed", error: { errorClass: "connection" } },
      { kind: "failed", error: { errorClass: "connection" } },
    ]);
    expect(calls).toHaveLength(1);
  });

  test("being put off is being held", async () => {
    const { embedder } = refusing({ a: new PutOffError("5s", { limit: "gpu", reason: "busy" }) });
    expect(await itemEmbedder(embedder).embedEach(["a"], { signal })).toEqual([
      { kind: "held", key: "gpu", ms: 5_000, reason: "busy" },
    ]);
  });

  test("an abort rejects with its reason", async () => {
    const reason = new Error("stop");
    const { embedder } = refusing({});
    await expect(itemEmbedder(embedder).embedEach(["a"], { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
