import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { attemptError, encodeCompleted } from "./record.ts";

describe("what is kept of an error", () => {
  test("is bounded in bytes, cut between characters", () => {
    const kept = attemptError(new Error("ü€😀".repeat(5_000)));
    expect(Buffer.byteLength(kept.message)).toBeLessThanOrEqual(2_048);
    expect(Buffer.byteLength(kept.message)).toBeGreaterThan(2_040);
    expect(kept.message).not.toContain("\ufffd");
    expect(Buffer.byteLength(kept.stack ?? "")).toBeLessThanOrEqual(4_096);
  });

  test("names class and reason, and is one line of JSON", () => {
    const kept = attemptError(new ClassedError("validation", "encrypted", "two\nlines"));
    expect(kept).toMatchObject({
      class: "validation",
      reason: "encrypted",
      name: "ClassedError",
      message: "two\nlines",
    });
    expect(JSON.stringify(kept)).not.toContain("\n");
  });

  test("holds nothing that a store could not keep", () => {
    const kept = JSON.stringify(attemptError(new Error("NUL \0 and half a pair \ud83d")));
    expect(kept).not.toMatch(/[\0\p{Surrogate}]/u);
  });
});

describe("a completed attempt's record", () => {
  test("holds the result as JSON does", () => {
    expect(JSON.parse(encodeCompleted("w", 1.5, { a: [1, undefined, "x"].slice(0, 1) }))).toEqual({
      worker: "w",
      durationMs: 1.5,
      outcome: "completed",
      result: { a: [1] },
    });
    expect(encodeCompleted("w", 1, undefined)).not.toContain("result");
  });

  test("refuses a result it cannot hold", () => {
    expect(() => encodeCompleted("w", 1, { f: () => 1 })).toThrow(
      expect.objectContaining({ errorClass: "validation", reason: "bad-result" }),
    );
  });
});
