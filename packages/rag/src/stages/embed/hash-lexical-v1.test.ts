import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { finishHash, WORD_BASIS } from "./feature-hash.ts";
import { hashLexicalV1 } from "./hash-lexical-v1.ts";

const signal = new AbortController().signal;
const embedder = hashLexicalV1();

async function vectorOf(text: string): Promise<Float32Array> {
  const [vector = new Float32Array()] = await embedder.embed([text], { signal });
  return vector;
}

async function cosine(left: string, right: string): Promise<number> {
  const [a, b] = [await vectorOf(left), await vectorOf(right)];
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

/** SHA-256 over the components as little-endian float32. */
async function digestOf(text: string): Promise<string> {
  const vector = await vectorOf(text);
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return createHash("sha256").update(bytes).digest("hex");
}

describe("hash-lexical-v1", () => {
  // Collections hold these vectors: a change needs a new model name. Values from a second implementation, in Python.
  test.each([
    ["", "1509137643d5badca1539daeff9e1eaac4285ec34155d029410de6c6f9fd0ea6"],
    ["millrace", "59ed745ce54aedb4b76b51daa00e7792e64cd8e9a97f4f241777cb0444a99e27"],
    [
      "The quick brown fox jumps over the lazy dog. The dog sleeps.",
      "003ef5107f47bfee1dfe8f82b37f084762667483d41c93b240555856774245f5",
    ],
    ["Größe, ﬁle №5: naïve café — ÉTÉ", "5ef9a582757f30f932c305c108a5d6cc441785a3ba32160bc3eca5cab86c497c"],
    [
      "データベースの索引を作る。数据库索引",
      "adb2fbfdef665e15a31e8917be565927f5d8c82eb7e0543fab4879c266ac8c9f",
    ],
    ["ship it 🚀👩‍💻", "9eb75d600d1a3b1e1c3b16abebe83d0edb3ee5af2ec4536ac190e4728fd75a41"],
  ])("the vector of %j never changes", async (text, digest) => {
    expect(await digestOf(text)).toBe(digest);
  });

  test("any text has a vector of length 1, whatever was embedded before it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 3000 }), async (text) => {
        const vector = await vectorOf(text);
        expect(vector).toHaveLength(1024);
        expect(Math.abs(vector.reduce((sum, value) => sum + value * value, 0) - 1)).toBeLessThan(1e-5);
        const [, again] = await hashLexicalV1().embed(["something else", text], { signal });
        expect(again).toEqual(vector);
      }),
    );
  });

  test("a text with more features than the scratch table holds counts them all", async () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `w${index * 7919}`);
    const forwards = await cosine(words.join(" "), words.toReversed().join(" "));
    expect(forwards).toBeGreaterThan(0.9);
    expect(await cosine("w7919", "w7919")).toBeCloseTo(1, 5);
  });

  test.each(["", "   ", "— … !?"])(
    "a text without a word gets the vector of the empty word: %j",
    async (text) => {
      const vector = await vectorOf(text);
      const component = finishHash(WORD_BASIS) & 1023;
      expect([...vector.entries()].filter(([, value]) => value !== 0)).toEqual([
        [component, finishHash(WORD_BASIS) < 0 ? -1 : 1],
      ]);
    },
  );

  test("case, width, ligatures and punctuation make no difference", async () => {
    expect(await cosine("Configure the FILE-System", "configure the ﬁle   ｓｙｓｔｅｍ!")).toBeCloseTo(1, 5);
  });

  test("shared words and spellings are near, others are not", async () => {
    const query = "configuring the network interface";
    const near = await cosine(query, "The network interface is configured in this file.");
    const far = await cosine(query, "Polynomials over finite fields factor quickly.");
    expect(near).toBeGreaterThan(0.4);
    expect(near).toBeGreaterThan(far + 0.3);
  });

  test("Chinese is compared by pairs of characters", async () => {
    const near = await cosine("数据库索引", "怎样为数据库创建一个索引");
    expect(near).toBeGreaterThan((await cosine("数据库索引", "今天的天气很好我们去公园")) + 0.2);
  });

  test("an aborted call rejects with the signal's reason", async () => {
    const reason = new Error("stop");
    await expect(embedder.embed(["x"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
