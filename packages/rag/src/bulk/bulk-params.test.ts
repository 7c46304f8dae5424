import { describe, expect, test } from "vitest";
import { floatsOfBase64 } from "../models/float-text.ts";
import { embedParams, insertParams } from "./bulk-params.ts";
import { vectorText } from "./vector-text.ts";

function issuesOf(schema: ReturnType<typeof embedParams> | ReturnType<typeof insertParams>, value: unknown) {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) throw new TypeError("it is not asynchronous");
  return result.issues?.map(({ path = [], message }) => [...path, message].join(": ")) ?? [];
}

describe("parameters of bulk runs", () => {
  test.each([
    [{ file: "items.ndjson" }, []],
    [{ upload: "uploads/7", collection: "notes" }, []],
    [{ file: "a", upload: "b" }, ["name a file or an upload, not both"]],
    [{}, ["file: name a file or an upload to read"]],
    [{ file: "" }, ["file: it takes a text that is not empty"]],
    [{ file: "a", model: "m" }, ["model: it knows file, upload, collection"]],
    [[], ["it takes an object"]],
    [null, ["it takes an object"]],
  ])("of embedding: %j", (value, issues) => {
    expect(issuesOf(embedParams(false), value)).toEqual(issues);
  });

  test("a program that reads items itself needs no source", () => {
    expect(issuesOf(embedParams(true), {})).toEqual([]);
  });

  test.each([
    [{ file: "a", collection: "notes", model: "m" }, []],
    [{ file: "a" }, ["collection: it is missing"]],
  ])("of inserting: %j", (value, issues) => {
    expect(issuesOf(insertParams(false), value)).toEqual(issues);
  });
});

test("vectors travel as text, rounded to float32 and not further", () => {
  const vector = Float32Array.of(0.1, -3.4e38, 0, 1 / 3, -0);
  expect(floatsOfBase64(vectorText([0.1, -3.4e38, 0, 1 / 3, -0]) ?? "")).toEqual(vector);
  expect(floatsOfBase64(vectorText([]) ?? "none")).toEqual(new Float32Array());
  expect(floatsOfBase64("AAAA")).toBeUndefined();
  for (const bad of [[1, "2"], [null], "AAAA", undefined, { length: 1 }])
    expect(vectorText(bad)).toBeUndefined();
});
