import type { RunProgress } from "@millrace/core";
import { expect, test } from "vitest";
import { runWords } from "./watch-run.ts";

const NONE = { read: 0, filtered: 0, processed: 0, written: 0, skipped: 0, failed: 0, retried: 0 };

function progress(failed: number, counters: Readonly<Record<string, number>>): RunProgress {
  return {
    ...{ state: "failed", step: "orders", steps: [], done: 9_100, total: 9_100 },
    ...{ failed, skipped: 0, filtered: 0, itemsPerSecond: 0, counters: { ...NONE, ...counters } },
  };
}

test("items that were not begun are told apart from those that failed", () => {
  expect(runWords(progress(9_000, { "not-begun": 8_997 })).parts).toEqual([
    "orders: 9,100/9,100 items",
    "9,000 failed (8,997 not begun)",
    "failed",
  ]);
  expect(runWords(progress(3, {})).parts).toContain("3 failed");
  expect(runWords(progress(0, {})).parts).toEqual(["orders: 9,100/9,100 items", "failed"]);
});
