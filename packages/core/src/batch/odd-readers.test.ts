/** The rules of readers that give what is no list of items. */
import { describe, expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { BadItem } from "./bad-item.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

test("a fan-out over what is no list fails its step, and says what it was given", async () => {
  const given = { length: 2 } as unknown as readonly number[]; // as programs without types do
  const { ended } = await play(
    definePipeline({ name: "p" }).each(
      "all",
      () => given,
      (n) => n,
    ),
    {},
  );
  expect((await ended()).error).toContain("was given an object to run over; it takes an array");
});

describe("a reader", () => {
  test.each([
    ["nothing", undefined, "undefined"],
    ["a promise", Promise.resolve([1]), "a promise"],
    ["a number", 5, "5"],
  ])("that gives %s fails its step, and says what it is to give", async (_what, given, shown) => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => given as never, // as programs without types do
      process: (item) => item,
    });
    const { ended } = await play(pipeline, {});
    const { state, error } = await ended();
    expect(state).toBe("failed");
    expect(JSON.parse(error ?? "")).toMatchObject({
      reason: "bad-reader",
      message: expect.stringContaining(`the step's reader gave ${shown}; it takes an iterable`),
    });
  });

  test("of numbered items goes on behind a bad one by its number", async () => {
    const seen: number[] = [];
    let opened = 0;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: function* () {
        opened += 1;
        yield 1;
        yield new BadItem({ key: "bad", cursor: "anywhere", reason: "malformed", message: "no number" });
        if (opened === 1) throw new ClassedError("connection", "reset", "hung up");
        yield 3;
      },
      process: (item) => void seen.push(item),
      chunkSize: 1,
      concurrency: 1,
    });
    const { ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ counters: { load: { read: 3, filtered: 2, failed: 1 } } });
    expect(seen).toEqual([1, 3]);
    expect(opened).toBeGreaterThan(1);
  });
});
