import fc from "fast-check";
import { expect, test } from "vitest";
import { ClassedError, type ErrorClass } from "../model/errors.ts";
import { sleep } from "../runtime/timers.ts";
import { type Scene, scene, unreachable } from "../testing/scene.fixture.ts";
import { seededRandom } from "../testing/seeded-random.ts";
import type { LedgerLevel } from "./definition.ts";
import { Filtered } from "./filtered.ts";
import { ended, keyOf, ledger, numbersBatch, passing, STEP } from "./numbers.fixture.ts";
import type { RunHandle } from "./run/run-handle.ts";

const MAX_ATTEMPTS = 12;
const ITEM_MS = 10;

/** What is to become of one item. */
type Fate =
  | { readonly kind: "done"; readonly pages: number }
  | { readonly kind: "filtered"; readonly pages: number }
  | { readonly kind: "bare-filtered" }
  | { readonly kind: "skips" }
  /** Fails so many times by what passes, then is done. */
  | { readonly kind: "flaky"; readonly times: number; readonly stage: "process" | "write" }
  | { readonly kind: "bad"; readonly errorClass: ErrorClass; readonly stage: "process" | "write" };

const stage = fc.constantFrom("process" as const, "write" as const);
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("done" as const), pages: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("filtered" as const), pages: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("bare-filtered" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("skips" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("flaky" as const),
      times: fc.integer({ min: 1, max: 2 }),
      stage,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("bad" as const),
      errorClass: fc.constantFrom<ErrorClass>("validation", "not-found", "processing", "connection"),
      stage,
    }),
  },
);

/** How the run is cut and what disturbs it. */
const course = fc.record({
  step: fc.record({
    chunkSize: fc.integer({ min: 1, max: 12 }),
    chunkWeight: fc.integer({ min: 1, max: 30 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    itemsAtOnce: fc.constantFrom(1, 1, 2, 3),
    commit: fc.record({ items: fc.integer({ min: 1, max: 14 }), weight: fc.integer({ min: 1, max: 40 }) }),
    ledger: fc.constantFrom<LedgerLevel>("all", "failures", "none"),
    skipLimit: fc.constantFrom(0, 1_000),
  }),
  skips: fc.subarray<ErrorClass>(["validation", "not-found", "processing"]),
  isSlow: fc.boolean(),
  /** When workers are told to stop, each so many ms after it began. */
  drains: fc.array(fc.integer({ min: 1, max: 8 * ITEM_MS }), { maxLength: 3 }),
  /** How likely store calls fail, before or after their effect. */
  faults: fc.record({ seed: fc.integer(), rate: fc.constantFrom(0, 0, 0.1, 0.3) }),
});
type Course = typeof course extends fc.Arbitrary<infer C> ? C : never;

/** What a loop over the items would leave. */
function reference(fates: readonly Fate[], { step, skips }: Course) {
  const counters: Record<string, number> = { sealed: 1 };
  const add = (name: string, by: number) => {
    if (by !== 0) counters[name] = (counters[name] ?? 0) + by;
  };
  const rows = fates.map((its, index) => {
    const row = rowOf(its, keyOf(index + 1), step.skipLimit > 0 ? skips : []);
    add("read", 1);
    add(row.state, 1);
    if (its.kind === "done") add("pages", its.pages);
    if (its.kind === "filtered") add("left", its.pages);
    return row;
  });
  const kept = { all: () => true, none: () => false, failures: isFailure }[step.ledger];
  const written = rows.flatMap(({ state }, index) => (state === "done" ? [index + 1] : []));
  return { counters, rows: rows.filter(({ state }) => kept(state)), written };
}

function isFailure(state: string): boolean {
  return state === "failed" || state === "skipped";
}

function rowOf(its: Fate, key: string, skips: readonly ErrorClass[]) {
  const item = String(Number(key));
  switch (its.kind) {
    case "done":
    case "flaky":
      return { key, state: "done" };
    case "filtered":
      return { key, state: "filtered", reason: "unwanted" };
    case "bare-filtered":
      return { key, state: "filtered" };
    case "skips":
      return { key, state: "skipped", stage: "process", reason: "not mine", item };
    case "bad": {
      const state = skips.includes(its.errorClass) ? "skipped" : "failed";
      return { key, state, stage: its.stage, errorClass: its.errorClass, reason: "bad", item };
    }
  }
}

/** The batch, whose items meet their fates; `written` gets its effects. */
function batchOf(
  fates: readonly Fate[],
  { step, skips, isSlow }: Course,
  time: () => Scene<readonly []>["time"],
) {
  const fateOf = (number: number) => fates[number - 1] as Fate; // read hands out their numbers
  const tries = new Map<number, number>();
  const written: number[] = [];
  const meet = (number: number, at: "process" | "write") => {
    const its = fateOf(number);
    if (its.kind === "bad" && its.stage === at)
      throw new ClassedError(its.errorClass, "bad", `${number} is bad`);
    if (its.kind !== "flaky" || its.stage !== at) return;
    const before = tries.get(number) ?? 0;
    tries.set(number, before + 1);
    if (before < its.times) throw new ClassedError("timeout", "slow", "not yet");
  };
  const process = (number: number, { skip }: { skip(reason: string): never }) => {
    const its = fateOf(number);
    meet(number, "process");
    if (its.kind === "skips") skip("not mine");
    if (its.kind === "filtered") return new Filtered("unwanted", { left: its.pages });
    return its.kind === "bare-filtered" ? null : number;
  };
  const { batch } = numbersBatch({
    ...step,
    skip: (error) => error instanceof ClassedError && skips.includes(error.errorClass),
    retry: { maxAttempts: MAX_ATTEMPTS, initial: 10, multiplier: 1, max: 10, jitter: "none" },
    maxRescues: 1_000, // a claim whose answer was lost looks like a worker that died
    outputWeight: (number) => pagesOf(fateOf(number)),
    tally: (number) => ({ pages: pagesOf(fateOf(number)) }),
    process: isSlow
      ? async (number, context) => {
          await sleep(time(), ITEM_MS);
          return process(number, context);
        }
      : process,
    write: async (outputs) => {
      for (const number of outputs) meet(number, "write");
      written.push(...outputs);
    },
  });
  return { batch, written };
}

function pagesOf(its: Fate): number {
  return its.kind === "done" ? its.pages : 0;
}

/** Calls that are sent again until they are answered, or cost nobody an attempt. */
const FAULTY = ["save", "settle", "items", "claim"] as const;

function disturb(of: Scene<readonly []>, { seed, rate }: Course["faults"]): void {
  const random = seededRandom(seed);
  const strike = () => {
    if (random() < rate) unreachable();
  };
  for (const verb of FAULTY) {
    of.watch.before[verb] = strike;
    of.watch.after[verb] = strike;
  }
}

/** Works on the run, by one worker after the other, to its end. */
async function workOn(of: Scene<readonly []>, handle: RunHandle, drains: readonly number[]) {
  for (const ms of drains) {
    const worker = of.mr.worker();
    await of.time.advance(ms);
    await passing(of, worker.stop());
  }
  of.mr.worker();
  const row = await ended(of, handle);
  of.watch.before = {};
  of.watch.after = {};
  await of.time.settle();
  return row;
}

/**
 * A step that may skip nothing fails with the first item that skips itself: another rule's affair. And an item whose
 * write passes only at its third try is never tried by itself before the last attempt, where another's write never passes.
 */
function isFair(its: Fate, all: readonly Fate[], { step }: Course): boolean {
  if (its.kind === "skips") return step.skipLimit > 0;
  if (its.kind !== "flaky" || its.stage !== "write") return true;
  return !all.some(
    (each) => each.kind === "bad" && each.stage === "write" && each.errorClass === "connection",
  );
}

test("a step leaves what a loop over its items would, whatever fails, drains and is written down", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 40 }), course, async (given, its) => {
      const fates = given.filter((each, _index, all) => isFair(each, all, its));
      const { batch, written } = batchOf(fates, its, () => of.time);
      const of: Scene<readonly []> = scene([batch]) as Scene<readonly []>; // nobody names its jobs
      const handle = await of.mr.start(batch, { upTo: fates.length });
      disturb(of, its.faults);
      const run = await workOn(of, handle, its.drains);
      const expected = reference(fates, its);
      const { retried = 0, ...counters } = run.counters[STEP] ?? {};
      expect(counters).toEqual(expected.counters);
      expect(await ledger(of, run.id)).toMatchObject(expected.rows);
      expect(written.toSorted((a, b) => a - b)).toEqual(expected.written);
      checkRetried(fates, its, retried);
      await passing(of, of.mr.close());
    }),
    { numRuns: 60, endOnFailure: true }, // a run takes too long for a counterexample to be made smaller,
  );
}, 600_000);

/** How often items were tried again: exactly where each was tried by itself, and from the first attempt on. */
function checkRetried(fates: readonly Fate[], { drains }: Course, retried: number): void {
  if (drains.length > 0 || fates.some(hitsOthers)) return;
  expect(retried).toBe(fates.reduce((sum, its) => sum + triesAgain(its), 0));
}

/** What passes in a write postpones all that is written with it. */
function hitsOthers(its: Fate): boolean {
  if (its.kind !== "flaky" && its.kind !== "bad") return false;
  return its.stage === "write" && (its.kind === "flaky" || its.errorClass === "connection");
}

function triesAgain(its: Fate): number {
  if (its.kind === "flaky") return its.times;
  const isFinal = its.kind !== "bad" || its.errorClass === "validation" || its.errorClass === "not-found";
  return isFinal ? 0 : MAX_ATTEMPTS - 1;
}
