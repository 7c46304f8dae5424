/** The rules of what a step counts of its items by itself. */
import { describe, expect, test } from "vitest";
import { Filtered } from "./filtered.ts";
import { failures, ledgerOf } from "./odd-items.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

describe("what a step counts of its items", () => {
  test.each(["done", "read", "failed", "not-begun", "repeated", "written", "chunk:items"])(
    "is nobody else's: an output that adds to %s fails its item",
    async (name) => {
      const pipeline = definePipeline({ name: "p" }).step("load", {
        read: () => [1, 2, 3],
        process: (item) => (item === 3 ? new Filtered("odd", { [name]: 1 }) : item),
        tally: (item): Readonly<Record<string, number>> => (item === 2 ? { [name]: 5 } : {}),
      });
      const { of, handle, ended } = await play(pipeline, {});
      const { state, counters } = await ended();
      expect({ state, ...counters["load"] }).toEqual({
        state: "partial",
        read: 3,
        done: 1,
        failed: 2,
        sealed: 1,
      });
      expect(failures(await ledgerOf(of, handle.id))[0]?.message).toBe(
        `a tally adds to "${name}", which the step counts by itself: choose another name`,
      );
    },
  );

  test("is not the reader's: a reader that adds to it fails its step", async () => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: ({ count }) => {
        count("done", 1);
        return [1];
      },
      process: (item) => item,
    });
    const { ended } = await play(pipeline, {});
    const { state, error } = await ended();
    expect(state).toBe("failed");
    expect(error).toContain("the reader adds to");
  });
});
