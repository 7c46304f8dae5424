/** fast-check arbitraries of the calls about runs and their ledger. */
import { FINISHED_RUN_STATES, RUN_STATES, STEP_STATES } from "@millrace/core";
import fc from "fast-check";
import {
  job,
  KEYS,
  LEASE_MS,
  note,
  pageLimit,
  pick,
  STEPS,
  seldom,
  subset,
  TENANTS,
} from "./arbitrary-values.ts";
import type { RunSketch, Sketch } from "./sketch.ts";

const DEFINITIONS = ["ingest", "export"];
const ACTIVE_STATES = RUN_STATES.slice(0, 4);

/** A run to start. */
const runSketch = {
  definition: fc.constantFrom("ingest", "ingest", "export"),
  instance: fc.constantFrom("one", "one", "one", "two"),
  rerun: fc.boolean(),
  force: seldom(fc.constant(true as const)),
  version: seldom(fc.constantFrom("1", "2")),
  submittedBy: seldom(fc.constant("ann")),
  correlationId: seldom(fc.constant("c-1")),
};
export const run: fc.Arbitrary<RunSketch> = fc.record(runSketch);

/** `startRun`. */
export const startRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("startRun"),
  ...runSketch,
  coordinator: job,
});

/** Mostly forward, at times a finished run back to work. */
export const moveRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("moveRun"),
  move: fc.record({
    run: pick,
    from: fc.oneof(fc.constant(ACTIVE_STATES), subset(RUN_STATES)),
    to: fc.oneof(fc.constantFrom(...RUN_STATES), fc.constant("completed" as const)),
    holder: fc.constantFrom("none", "coordinator", "earlier"),
    pick,
    restart: seldom(
      fc.tuple(job, seldom(fc.constant(true))).map(([of, isOld = false]) => ({ ...of, isOld })),
    ),
    result: seldom(fc.constant('{"passages":1}')),
    error: seldom(fc.constant('{"class":"processing"}')),
    note: seldom(note),
  }),
});

/** `findRuns`. */
export const findRuns: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("findRuns"),
  ids: seldom(fc.array(pick, { maxLength: 3 })),
  definition: seldom(fc.constantFrom(...DEFINITIONS)),
  instance: seldom(fc.constantFrom("one", "two")),
  tenant: seldom(fc.constantFrom(...TENANTS)),
  states: seldom(subset(RUN_STATES)),
  limit: pageLimit,
});

/** `sweepRuns`. */
export const sweepRuns: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("sweepRuns"),
  limit: fc.constantFrom(1, 10),
});

/** `removeRuns`. */
export const removeRuns: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("removeRuns"),
  runs: fc.array(pick, { minLength: 1, maxLength: 3 }),
  note,
});

/** `cleanUpRuns`. */
export const cleanUpRuns: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("cleanUpRuns"),
  olderThanMs: fc.constantFrom(0, 0, 1, LEASE_MS),
  states: subset(FINISHED_RUN_STATES),
  limit: fc.constantFrom(1, 100),
  note,
});

/** `purgeRuns`. */
export const purgeRuns: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("purgeRuns"),
  limit: fc.constantFrom(1, 2, 100),
});

/** A run to its end. */
export const finishRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("moveRun"),
  move: fc.record({
    run: pick,
    from: fc.constant(ACTIVE_STATES),
    to: fc.constantFrom(...FINISHED_RUN_STATES),
    holder: fc.constant("none" as const),
    pick,
  }),
});

/** `steps`. */
export const steps: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("steps"),
  run: pick,
  states: seldom(subset(STEP_STATES)),
  steps: seldom(subset(STEPS)),
  limit: pageLimit,
});

/** A run on its way to be cancelled. */
export const cancelRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("moveRun"),
  move: fc.record({
    run: pick,
    from: fc.constant(ACTIVE_STATES),
    to: fc.constant("cancelling" as const),
    holder: fc.constant("none" as const),
    pick,
  }),
});

/** `items`. */
export const items: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("items"),
  run: pick,
  step: fc.constantFrom(...STEPS),
  states: seldom(subset(["done", "filtered", "skipped", "failed"] as const)),
  keys: seldom(subset(KEYS)),
  limit: pageLimit,
});
