/** The rules of names of items: one that cannot be named fails alone, one of a name that another has is passed over. */
import { describe, expect, test } from "vitest";
import { closed, failures, ledgerOf, ONCE } from "./odd-items.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

describe("an item that no store can name", () => {
  test.each([
    ["a NUL", "a\0b", '"a\\u0000b"'],
    ["nothing", "", '""'],
    ["too long a text", "x".repeat(1_025), '"xxx'],
    ["a number", 7, "number"],
    ["no text at all", undefined, "undefined"],
  ])("fails alone, named %s", async (_what, key, shown) => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => ["first", "odd", "last"],
      key: (item) => (item === "odd" ? (key as string) : item), // as programs without types do
      process: (item) => item,
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 2, failed: 1 } } });
    const [failed] = failures(await ledgerOf(of, handle.id));
    expect(failed).toMatchObject({ reason: "bad-key", stage: "read" });
    expect(failed?.message).toContain(`the item at 2 cannot be named: its key is ${shown}`);
  });

  test("fails alone where the key function fails", async () => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [{ id: "a" }, null, { id: "b" }],
      key: (item) => (item as { readonly id: string }).id, // which one has not
      process: () => "ok",
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 2, failed: 1 } } });
    expect(failures(await ledgerOf(of, handle.id))[0]?.message).toContain("the step's key function failed: ");
  });
});

describe("an item of a key that another has", () => {
  test.each([
    ["in its chunk", 100],
    ["in another chunk", 2],
  ])("is passed over and counted: %s", async (_where, chunkSize) => {
    const written: string[] = [];
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => ["a", "b", "a", "c", "a"],
      key: (item) => item,
      write: (items) => void written.push(...items),
      chunkSize,
      concurrency: 1,
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({
      state: "completed",
      counters: { load: { read: 5, done: 3, repeated: 2 } },
    });
    if (chunkSize > 5) expect(written).toEqual(["a", "b", "c"]);
    for await (const { done, total } of handle.progress())
      expect({ done, total }).toEqual({ done: 5, total: 5 });
  });

  test("keeps no run from a restart", async () => {
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: () => ["a", "b", "a", "c"],
      key: (item) => item,
      process: (item) => {
        if (fails && item === "b") throw closed();
        return item;
      },
      onFailure: "failFast",
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "failed" });
    fails = false;
    await handle.restart();
    expect(await ended()).toMatchObject({ state: "completed", counters: { load: { done: 3, repeated: 1 } } });
  });
});
