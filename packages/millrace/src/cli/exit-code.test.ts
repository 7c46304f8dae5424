/** Exit codes as the contract has them. */
import { type ErrorCode, MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { exitCodeOf, exitCodeOfRun } from "./exit-code.ts";

test.each<[ErrorCode, number]>([
  ["bad-usage", 2],
  ["bad-config", 2],
  ["bad-input", 2],
  ["not-found", 3],
  ["job-failed", 4],
  ["deadline-exceeded", 6],
  ["store-unreachable", 8],
  ["store-locked", 9],
  ["collection-mismatch", 9],
  ["store-full", 10],
])("%s is %i", (code, exit) => {
  expect(exitCodeOf(new MillraceError(code, "x"))).toBe(exit);
});

test("anything else is 1", () => {
  expect(exitCodeOf(new TypeError("x"))).toBe(1);
});

test("runs end completed 0, failed 4, partial 5", () => {
  expect([exitCodeOfRun("completed"), exitCodeOfRun("failed"), exitCodeOfRun("partial")]).toEqual([0, 4, 5]);
});
