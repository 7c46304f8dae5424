import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MemoryMood } from "../runtime/memory-watch.ts";
import { CHUNK_MEASURES } from "./chunk-measures.ts";
import { type ChunkSizeState, firstChunkSize, nextChunkSize } from "./chunk-size.ts";

const BOUNDS = { min: 10, max: 1_000 };
const CONCURRENCY = 2;

/** A step whose chunks end as `costMs` says of their size; `complains`: sizes that are refused. */
function stepping({
  costMs,
  complains = () => false,
}: {
  readonly costMs: (size: number) => number;
  readonly complains?: (size: number) => boolean;
}) {
  const totals = { items: 0, ms: 0, timeouts: 0, tooLarge: 0 };
  const counters = () =>
    Object.fromEntries(Object.entries(totals).map(([name, sum]) => [CHUNK_MEASURES[name as "ms"], sum]));
  let state: ChunkSizeState = firstChunkSize({ counters: counters(), bounds: BOUNDS });
  const look = (memory: MemoryMood = "ample") => {
    state = nextChunkSize(state, { counters: counters(), bounds: BOUNDS, concurrency: CONCURRENCY, memory });
    state = JSON.parse(JSON.stringify(state)) as ChunkSizeState; // as a checkpoint keeps it
    return state.size;
  };
  const run = (chunks: number) => {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      totals.items += state.size;
      totals.ms += costMs(state.size);
      if (complains(state.size)) totals.tooLarge += 1;
    }
  };
  return {
    totals,
    look,
    run,
    sizes: (looks: number, chunksEach = 8) =>
      Array.from({ length: looks }, () => {
        run(chunksEach);
        return look();
      }),
  };
}

describe("the size of chunks", () => {
  test("begins at its least, doubles while items get cheaper, and stays at its most", () => {
    const step = stepping({ costMs: (size) => 1_000 + size });
    expect(step.sizes(9)).toEqual([20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000]);
  });

  test("goes back by one where growing no longer pays, and rests there", () => {
    const step = stepping({ costMs: (size) => (size <= 160 ? 1_000 : 1_000 + 20 * (size - 160)) });
    const sizes = step.sizes(30);
    expect(sizes.slice(0, 6)).toEqual([20, 40, 80, 160, 320, 160]);
    expect(new Set(sizes.slice(6, 26))).toEqual(new Set([160]));
  });

  test("is tried again after its rest", () => {
    const cost = { each: 20 };
    const step = stepping({ costMs: (size) => cost.each * size });
    expect(step.sizes(3)).toEqual([20, 10, 10]);
    cost.each = 0;
    const later = step.sizes(40);
    expect(Math.max(...later)).toBeGreaterThan(10);
  });

  test("waits for enough of its chunks before it changes", () => {
    const step = stepping({ costMs: () => 100 });
    step.run(7);
    expect(step.look()).toBe(10);
    step.run(1);
    expect(step.look()).toBe(20);
  });

  test("halves at the first refusal, forgives chunks that were under way, and then grows by a tenth", () => {
    const step = stepping({ costMs: (size) => 1_000 + size, complains: (size) => size > 200 });
    expect(step.sizes(4)).toEqual([20, 40, 80, 160]);
    expect(step.sizes(1)).toEqual([320]);
    step.totals.tooLarge += 1;
    expect(step.look()).toBe(160);
    step.totals.tooLarge += 2 * CONCURRENCY;
    expect(step.look()).toBe(160);
    step.totals.timeouts += 1;
    expect(step.look()).toBe(80);
    expect(step.sizes(3)).toEqual([88, 97, 107]);
  });

  test("goes back by a tenth where careful growth does not pay", () => {
    const step = stepping({ costMs: (size) => 20 * size });
    step.totals.timeouts += 1;
    expect(step.look()).toBe(10);
    expect(step.sizes(3)).toEqual([11, 10, 10]);
  });

  test("is tried again with the same care after its rest", () => {
    const cost = { each: 20 };
    const step = stepping({ costMs: (size) => cost.each * size });
    step.totals.timeouts += 1;
    step.look();
    step.sizes(2);
    cost.each = 0;
    expect(Math.max(...step.sizes(40))).toBe(11);
  });

  test("halves while memory is not ample, down to its least", () => {
    const step = stepping({ costMs: (size) => 100 + size });
    step.sizes(6);
    expect((["tight", "full", "tight", "tight", "tight", "tight", "tight"] as const).map(step.look)).toEqual([
      320, 160, 80, 40, 20, 10, 10,
    ]);
  });

  test("stays within its bounds, whatever happens", () => {
    const happening = fc.record({
      chunks: fc.nat(20),
      ms: fc.nat(10_000),
      complaints: fc.nat(3),
      memory: fc.constantFrom<MemoryMood>("ample", "ample", "ample", "tight", "full"),
    });
    const bounds = fc
      .tuple(fc.integer({ min: 1, max: 50 }), fc.nat(500))
      .map(([min, more]) => ({ min, max: min + more }));
    fc.assert(
      fc.property(bounds, fc.array(happening, { maxLength: 60 }), (its, happenings) => {
        const totals = { items: 0, ms: 0, complaints: 0 };
        let state = firstChunkSize({ counters: {}, bounds: its });
        for (const { chunks, ms, complaints, memory } of happenings) {
          totals.items += chunks * state.size;
          totals.ms += ms;
          totals.complaints += complaints;
          const counters = {
            [CHUNK_MEASURES.items]: totals.items,
            [CHUNK_MEASURES.ms]: totals.ms,
            [CHUNK_MEASURES.timeouts]: totals.complaints,
          };
          state = nextChunkSize(state, { counters, bounds: its, concurrency: 3, memory });
          expect(Number.isInteger(state.size)).toBe(true);
          expect(state.size).toBeGreaterThanOrEqual(its.min);
          expect(state.size).toBeLessThanOrEqual(its.max);
        }
      }),
    );
  });
});
