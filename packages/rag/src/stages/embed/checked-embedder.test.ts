import { describe, expect, test } from "vitest";
import type { Embedder } from "../../ports/embedder.ts";
import { checkedEmbedder } from "./checked-embedder.ts";

const signal = new AbortController().signal;

/** Answers each text with [its length, 1], remembering the calls; `alter` may spoil an answer. */
function fake(alter: (vectors: Float32Array[]) => Float32Array[] = (vectors) => vectors): {
  readonly embedder: Embedder;
  readonly calls: string[][];
} {
  const calls: string[][] = [];
  const embed: Embedder["embed"] = async (texts) => {
    calls.push([...texts]);
    return alter(texts.map((text) => Float32Array.of(text.length, 1)));
  };
  return { embedder: { model: "fake", dimensions: 2, maxInputs: 2, maxTokensPerInput: 10, embed }, calls };
}

describe("checked embedder", () => {
  test("slices to what the model takes and keeps the order", async () => {
    const { embedder, calls } = fake();
    const vectors = await checkedEmbedder(embedder).embed(["a", "bb", "ccc", "dddd", "eeeee"], { signal });
    expect(calls).toEqual([["a", "bb"], ["ccc", "dddd"], ["eeeee"]]);
    expect(vectors.map((vector) => vector[0])).toEqual([1, 2, 3, 4, 5]);
  });

  test("no texts make no call", async () => {
    const { embedder, calls } = fake();
    expect(await checkedEmbedder(embedder).embed([], { signal })).toEqual([]);
    expect(calls).toEqual([]);
  });

  test.each([
    ["embedding-count", "processing", (vectors: Float32Array[]) => vectors.slice(1)],
    ["embedding-count", "processing", (vectors: Float32Array[]) => [...vectors, Float32Array.of(1, 1)]],
    [
      "embedding-dimensions",
      "validation",
      (vectors: Float32Array[]) => vectors.map(() => Float32Array.of(1, 1, 1)),
    ],
    [
      "embedding-value",
      "processing",
      (vectors: Float32Array[]) => vectors.map(() => Float32Array.of(Number.NaN, 1)),
    ],
    [
      "embedding-value",
      "processing",
      (vectors: Float32Array[]) => vectors.map(() => Float32Array.of(1, Infinity)),
    ],
    ["embedding-value", "processing", (vectors: Float32Array[]) => vectors.map(() => new Float32Array(2))],
  ])("a wrong answer is named: %s", async (reason, errorClass, alter) => {
    const checked = checkedEmbedder(fake(alter).embedder);
    await expect(checked.embed(["a", "b"], { signal })).rejects.toMatchObject({
      reason,
      errorClass,
      message: expect.stringContaining("fake"),
    });
  });

  test("large finite components are sound", async () => {
    const { embedder } = fake((vectors) => vectors.map(() => Float32Array.of(3.4e38, 1)));
    await expect(checkedEmbedder(embedder).embed(["a"], { signal })).resolves.toHaveLength(1);
  });

  test("an abort between slices stops before the next call", async () => {
    const abort = new AbortController();
    const { embedder, calls } = fake((vectors) => {
      abort.abort(new Error("stop"));
      return vectors;
    });
    await expect(checkedEmbedder(embedder).embed(["a", "b", "c"], { signal: abort.signal })).rejects.toThrow(
      "stop",
    );
    expect(calls).toHaveLength(1);
  });
});
