import { describe, expect, test } from "vitest";
import { ClassedError, MillraceError } from "../model/errors.ts";
import { bad, chunkScene, ticking } from "./chunk.fixture.ts";
import { CHUNK_MEASURES, shownCounters } from "./chunk-measures.ts";
import type { ChunkContext } from "./contexts.ts";

const ADAPTED = { chunkSize: { min: 10, max: 100 } };

describe("a chunk of an adapted size", () => {
  test("counts items, ms and complaints, hidden from people", async () => {
    const of = chunkScene({
      rules: {
        ...ADAPTED,
        process: (item) => {
          if (item === 2) throw new ClassedError("timeout", "slow", "too slow");
          if (item === 3) throw new ClassedError("validation", "too-large", "too large");
          return item;
        },
        write: (outputs) => {
          if (outputs.length > 2) throw Object.assign(new Error("payload"), { status: 413 });
        },
        retry: { maxAttempts: 1, initialMs: 0, multiplier: 1, maxMs: 0, jitter: "none" },
      },
      work: { nowMs: ticking(7) },
    });
    await of.run();
    const counters = await of.counters();
    expect(counters).toMatchObject({
      [CHUNK_MEASURES.items]: 5,
      [CHUNK_MEASURES.timeouts]: 1,
      [CHUNK_MEASURES.tooLarge]: 2,
      done: 3,
      failed: 2,
    });
    expect(counters[CHUNK_MEASURES.ms]).toBeGreaterThan(0);
    expect(shownCounters(counters)).toEqual({ done: 3, failed: 2 });
  });

  test("counts likewise what it has to try again", async () => {
    let tries = 0;
    const of = chunkScene({
      rules: {
        ...ADAPTED,
        process: (item) => {
          if (item !== 1 || tries > 0) return item;
          tries += 1;
          throw new ClassedError("timeout", "slow", "too slow");
        },
      },
    });
    await of.run();
    expect(await of.counters()).toMatchObject({
      [CHUNK_MEASURES.items]: 6,
      [CHUNK_MEASURES.timeouts]: 1,
      retried: 1,
    });
  });

  test.each(["process", "prepare"] as const)(
    "that runs into its own time-out in %s says so",
    async (where) => {
      const of = chunkScene({
        items: [1],
        rules: {
          ...ADAPTED,
          timeoutMs: 50,
          [where]: (_: unknown, { signal }: ChunkContext<unknown>) => aborted(signal),
        },
      });
      expect(await of.run()).toMatchObject({ attempts: 3 });
      expect(await of.counters()).toMatchObject({ [CHUNK_MEASURES.timeouts]: 3 });
    },
  );

  test("that cannot even say so ends all the same", async () => {
    const of = chunkScene({
      rules: { ...ADAPTED, timeoutMs: 50, prepare: (_items, { signal }) => aborted(signal) },
    });
    of.watch.before.save = () => {
      throw new MillraceError("store-failed", "no such table");
    };
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 3 });
    expect(await of.counters()).toEqual({});
  });

  test("that fails otherwise says nothing", async () => {
    const of = chunkScene({ rules: { ...ADAPTED, prepare: () => Promise.reject(bad("the shelf")) } });
    expect(await of.run()).toMatchObject({ state: "dead", attempts: 1 });
    expect(await of.counters()).toEqual({});
  });
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
