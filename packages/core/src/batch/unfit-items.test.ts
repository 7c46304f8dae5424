/** The rules of items that no job can carry: each fails alone, and keeps no run from its end. */
import { describe, expect, test } from "vitest";
import { BadItem } from "./bad-item.ts";
import { closed, failures, ledgerOf, ONCE } from "./odd-items.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

/** So large that a few dozen of them are more than one job's value can hold. */
const LARGE = "x".repeat(40_000);

describe("an item that no job can carry", () => {
  test.each([
    ["is too large", "x".repeat(5_000_000), "too-large", "the item is 5000002 bytes; the limit is 1048576"],
    [
      "is a date",
      new Date(0),
      "not-serialisable",
      "the item is an instance of Date, which JSON cannot hold exactly",
    ],
    [
      "leaves no room for the list it goes in",
      "x".repeat(1_048_574),
      "too-large",
      'a chunk of step "load" of p is 1048578 bytes; the limit is 1048576',
    ],
    ["is a bigint", 1n, "not-serialisable", "the item is bigint, which JSON cannot hold exactly"],
    [
      "cannot be looked at",
      Object.defineProperty({}, "a", { enumerable: true, get: () => JSON.parse("{") as string }),
      "not-serialisable",
      expect.stringContaining("the item cannot be read: "),
    ],
    [
      "has a flaw that takes long to name",
      { ["x".repeat(1_000_000)]: { ["y".repeat(1_000_000)]: 1n } },
      "not-serialisable",
      expect.stringMatching(/^the item\.x{991}$/),
    ],
    ["is a zero below zero", -0, "not-serialisable", "the item is -0, which JSON cannot hold exactly"],
  ])("fails alone where it %s", async (_what, odd, ...refusal) => {
    const [reason, message] = refusal;
    const processed: unknown[] = [];
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [1, odd, 3],
      process: (item) => void processed.push(item),
    });
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { filtered: 2, failed: 1 } } });
    expect(failures(await ledgerOf(of, handle.id))).toEqual([{ reason, stage: "read", message }]);
    expect(processed).toEqual([1, 3]);
  });

  test("fails alone also where many are such: all of a chunk in one job", async () => {
    const unread = new BadItem({ key: "torn", cursor: "0", reason: "malformed", message: "it is torn" });
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [unread, ...Array.from({ length: 99 }, (_, at) => (at % 10 === 0 ? "good" : new Date(at)))],
      process: (item) => item,
    });
    const { of, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 10, failed: 90 } } });
    expect((await of.mr.jobs.list({ name: "p/chunk" })).rows).toHaveLength(1);
  });

  test("is none where it is only many together: they run again in as many jobs as it takes", async () => {
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: () => Array.from({ length: 60 }, (_, at) => ({ at, text: LARGE })),
      process: ({ at }) => {
        if (fails) throw closed();
        return at;
      },
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "partial", counters: { load: { failed: 60 } } });
    fails = false;
    await handle.restart();
    expect(await ended()).toMatchObject({ state: "completed", counters: { load: { done: 60 } } });
  });
});

test("items that run again are asked for a page at a time; what never was an item stays as it is", async () => {
  let fails = true;
  const pipeline = definePipeline({ name: "p" }).step("load", {
    ...ONCE,
    read: () => Array.from({ length: 350 }, (_, at) => (at % 7 === 0 ? new Date(at) : at)),
    process: (at) => {
      if (fails) throw closed();
      return at;
    },
  });
  const { of, handle, ended } = await play(pipeline, {});
  expect(await ended()).toMatchObject({ counters: { load: { read: 350, failed: 350 } } });
  fails = false;
  of.watch.calls.items.length = 0;
  await handle.restart({ only: "failed" });
  expect(await ended()).toMatchObject({ state: "partial", counters: { load: { done: 300, failed: 50 } } });
  const pages = of.watch.calls.items.filter(([{ states }]) => states?.includes("failed") === true);
  expect(pages).toHaveLength(2);
});
