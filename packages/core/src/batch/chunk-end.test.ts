import { describe, expect, test } from "vitest";
import { bad, chunkScene, refusing } from "./chunk.fixture.ts";

describe("a chunk's end", () => {
  test("carries its rows where they are one group: it is one settlement and no other write", async () => {
    const of = chunkScene({ rules: { write: () => undefined, process: refusing(3) } });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({ done: 4, failed: 1 });
    expect(of.watch.calls.save).toEqual([]);
    expect(of.watch.calls.settle).toHaveLength(1);
  });

  test("carries the last group's rows where there are several", async () => {
    const of = chunkScene({ rules: { commit: { items: 2, weight: 100 } } });
    await of.run();
    expect(of.watch.calls.save).toHaveLength(2);
    expect((await of.rows()).map(({ key }) => key)).toEqual([1, 2, 3, 4, 5].map((item) => `key-${item}`));
  });

  test("carries what bisecting has left to say", async () => {
    const tries: (readonly unknown[])[] = [];
    const of = chunkScene({
      items: [1, 2, 3, 4],
      rules: {
        write: (outputs) => {
          tries.push(outputs);
          if (outputs.includes(3)) throw bad(3);
        },
      },
    });
    await of.run();
    expect(tries).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
    expect(of.watch.calls.save).toHaveLength(2); // of 1 and 2, and of 4; 3 goes with the end
    expect(await of.counters()).toEqual({ done: 3, failed: 1 });
  });

  test("carries nothing that the store would refuse: that item fails alone", async () => {
    const of = chunkScene({ rules: { tally: (output) => ({ pages: output === 2 ? 0.5 : 1 }) } });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({ done: 4, failed: 1, pages: 4 });
    const [row] = (await of.rows()).filter(({ state }) => state === "failed");
    expect(row).toMatchObject({ key: "key-2", stage: "write", message: expect.stringContaining("pages") });
  });

  test("is the same for a writer that needs no transaction, and says in words what is no error", async () => {
    const written: unknown[] = [];
    const of = chunkScene({
      rules: {
        transactional: false,
        write: (outputs) => void written.push(...outputs),
        process: (item) => {
          if (item === 3) throw "three";
          return item;
        },
        retry: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" },
      },
    });
    await of.run();
    expect(written).toEqual([1, 2, 4, 5]);
    expect(of.watch.calls.save).toEqual([]);
    expect((await of.rows())[2]).toMatchObject({
      state: "failed",
      message: "three",
      errorClass: "processing",
    });
  });

  test.each(["all", "none"] as const)("of items without output leaves %s of their rows", async (ledger) => {
    const of = chunkScene({
      items: [1, 2],
      rules: { ledger, process: (item) => (item === 1 ? null : undefined) },
    });
    await of.run();
    expect(await of.counters()).toEqual({ filtered: 2 });
    expect((await of.rows()).map(({ state }) => state)).toEqual(
      ledger === "all" ? ["filtered", "filtered"] : [],
    );
  });

  test("carries nothing where there is nothing to do", async () => {
    const of = chunkScene({ items: [] });
    expect(await of.run()).toMatchObject({ state: "completed" });
    expect(await of.counters()).toEqual({});
  });
});
