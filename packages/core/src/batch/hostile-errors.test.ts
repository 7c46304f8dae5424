/** The rules of errors that cannot be shown. */
import { describe, expect, test } from "vitest";
import { failures, ledgerOf, ONCE } from "./odd-items.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

describe("an error that cannot be shown", () => {
  const hostile: readonly (readonly [string, unknown])[] = [
    ["has no prototype", Object.create(null)],
    ["throws when asked for its text", { toString: () => JSON.parse("{") as string }],
    ["has a message that is none", Object.assign(new Error("x"), { message: { code: 7 } })],
  ];

  test.each(hostile)("fails its item alone where it %s", async (_what, thrown) => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: () => [1, 2, 3],
      process: (item) => {
        if (item === 2) throw thrown;
        return item;
      },
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 2, failed: 1 } } });
    expect(failures(await ledgerOf(of, handle.id))).toMatchObject([{ stage: "process" }]);
  });
});
