import fc from "fast-check";
import { expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { scene } from "../testing/scene.fixture.ts";
import { Filtered } from "./filtered.ts";
import { keyOf, ledger, numbersBatch, runThrough, STEP } from "./numbers.fixture.ts";

/** What is to become of one item: `flaky` fails so many times before it is done. */
const fate = fc.record({
  end: fc.constantFrom("ok", "filter", "fail", "refuse"),
  flaky: fc.constantFrom(0, 0, 0, 1, 2),
  weight: fc.nat({ max: 12 }),
  pages: fc.nat({ max: 5 }),
});
type Fate = typeof fate extends fc.Arbitrary<infer F> ? F : never;

const limits = fc.record({
  chunkSize: fc.integer({ min: 1, max: 9 }),
  chunkWeight: fc.integer({ min: 1, max: 30 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  commit: fc.record({ items: fc.integer({ min: 1, max: 6 }), weight: fc.integer({ min: 1, max: 10 }) }),
});

/** The same, one item after the other. */
function reference(fates: readonly Fate[]) {
  const counters: Record<string, number> = {};
  const add = (name: string, by: number) => {
    if (by !== 0) counters[name] = (counters[name] ?? 0) + by;
  };
  add("sealed", 1);
  const states = fates.map(({ end, flaky, pages }, index) => {
    const state = end === "ok" ? "done" : end === "filter" ? "filtered" : "failed";
    add("read", 1);
    add("retried", flaky);
    add(state, 1);
    if (state === "done") add("pages", pages);
    if (state === "filtered") add("left", pages);
    return [keyOf(index + 1), state];
  });
  const written = fates.flatMap(({ end }, index) => (end === "ok" ? [index + 1] : []));
  return { counters, states, written };
}

function batchOf(fates: readonly Fate[], step: Parameters<typeof numbersBatch>[0]) {
  const fateOf = (number: number) => fates[number - 1] as Fate; // read hands out their numbers
  const tries = new Map<number, number>();
  const written: number[] = [];
  const { batch } = numbersBatch({
    ...step,
    weight: (number) => fateOf(number).weight,
    outputWeight: (number) => fateOf(number).pages,
    tally: (number) => ({ pages: fateOf(number).pages }),
    process: async (number) => {
      const { end, flaky, pages } = fateOf(number);
      const before = tries.get(number) ?? 0;
      tries.set(number, before + 1);
      if (before < flaky) throw new ClassedError("timeout", "slow", "not yet");
      if (end === "fail") throw new ClassedError("validation", "bad", "never");
      return end === "filter" ? new Filtered("unwanted", { left: pages }) : number;
    },
    write: async (outputs) => {
      if (outputs.some((number) => fateOf(number).end === "refuse")) {
        throw new ClassedError("validation", "refused", "not this one");
      }
      written.push(...outputs);
    },
  });
  return { batch, written };
}

test("a run gives what a loop over its items would, however they are cut into chunks and groups", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 60 }), limits, async (fates, step) => {
      const { batch, written } = batchOf(fates, step);
      const of = scene([batch]);
      const run = await runThrough(of, batch, { upTo: fates.length });
      const expected = reference(fates);
      expect(run.state).toBe((expected.counters["failed"] ?? 0) > 0 ? "partial" : "completed");
      expect(run.counters[STEP]).toEqual(expected.counters);
      expect((await ledger(of, run.id)).map(({ key, state }) => [key, state])).toEqual(expected.states);
      expect(written.toSorted((a, b) => a - b)).toEqual(expected.written);
      await of.mr.close();
    }),
    { numRuns: 60 },
  );
});
