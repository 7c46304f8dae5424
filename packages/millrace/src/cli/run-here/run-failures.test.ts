/** What is said of a run that did not get to its end. */
import type { RunId, RunState } from "@millrace/core";
import { expect, test } from "vitest";
import { unfinishedLine } from "./run-failures.ts";

const id = "01a202f4-dd2c-77df-9689-7e28e58a0803" as RunId;

test("a failed run says why", () => {
  const error = JSON.stringify({ class: "validation", message: "the file is UTF-16" });
  expect(unfinishedLine({ id, state: "failed", error })).toBe("error: the run failed: the file is UTF-16");
});

test("a cancelled run says that it was, and what goes on with it", () => {
  expect(unfinishedLine({ id, state: "cancelled" })).toBe(
    "error: the run was cancelled: the same command begins anew, " +
      `or goes on with what is done after: millrace batch restart ${id}`,
  );
});

test.each<RunState>(["completed", "partial"])("a run that is %s needs no word", (state) => {
  expect(unfinishedLine({ id, state })).toBeUndefined();
});
