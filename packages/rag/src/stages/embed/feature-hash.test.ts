import { expect, test } from "vitest";
import { GRAM_BASIS, hashFeature, WORD_BASIS } from "./feature-hash.ts";

const hex = (hash: number): string => (hash >>> 0).toString(16).padStart(8, "0");

// Stored vectors depend on these values: a change needs a new model name. Values from a second implementation, in Python.
test.each([
  ["", "ab3e7c0b", "92ca2f0e"],
  ["a", "1a80b1b3", "69d6c813"],
  ["mill", "b9e8fc2f", "54f4250b"],
  ["millrace", "8c3b5d03", "a0cbc6bc"],
  ["größe", "974cbe5f", "88cd24a4"],
  ["索引", "550de0ba", "b90a8801"],
])("the hash of %j never changes", (feature, word, gram) => {
  expect(hex(hashFeature(WORD_BASIS, feature))).toBe(word);
  expect(hex(hashFeature(GRAM_BASIS, feature))).toBe(gram);
});
