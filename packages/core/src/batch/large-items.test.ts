/** The rules of large items and outputs: no write is to carry more than it can. */
import { describe, expect, test } from "vitest";
import { closed, ONCE } from "./odd-items.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { play } from "./pipeline.fixture.ts";

describe("large items", () => {
  test("are read no further ahead than one write can carry, and all of them are done, also again", async () => {
    let read = 0;
    let ahead = 0;
    let processed = 0;
    let fails = true;
    const pipeline = definePipeline({ name: "p" }).step("load", {
      ...ONCE,
      read: function* () {
        for (read = 0; read < 60; ) {
          read += 1;
          yield { text: "x".repeat(900_000) };
        }
      },
      process: () => {
        if (fails) throw closed();
        ahead = Math.max(ahead, read - processed);
        processed += 1;
        return 1;
      },
    });
    const { handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ counters: { load: { read: 60, failed: 60 } } });
    fails = false;
    await handle.restart();
    expect(await ended()).toMatchObject({ counters: { load: { done: 60 } } });
    const once = await play(pipeline, {});
    ahead = 0;
    processed = 0;
    expect(await once.ended()).toMatchObject({ counters: { load: { done: 60 } } });
    expect(ahead).toBeLessThan(40);
  });
});

describe("large outputs", () => {
  test("that a fan-out keeps are written in several groups", async () => {
    const pipeline = definePipeline({ name: "p" })
      .each(
        "texts",
        () => Array.from({ length: 40 }, (_, at) => at),
        () => "x".repeat(1_000_000),
      )
      .step("sum", ({ steps }) => steps.texts.reduce((sum, text) => sum + text.length, 0));
    const { of, handle, ended } = await play(pipeline, {});
    expect(await ended()).toMatchObject({ state: "completed" });
    const sum = (await handle.steps()).find(({ name }) => name === "sum");
    expect(sum?.result).toBe(40_000_000);
    expect(of.watch.calls.save.length).toBeGreaterThanOrEqual(2);
  });
});
