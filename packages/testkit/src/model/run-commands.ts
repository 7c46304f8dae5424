/** fast-check arbitraries of the calls about runs and their ledger. */
import { RUN_STATES } from "@millrace/core";
import fc from "fast-check";
import { job, KEYS, note, pageLimit, pick, STEPS, seldom, subset } from "./arbitrary-values.ts";
import type { Sketch } from "./sketch.ts";

const DEFINITIONS = ["ingest", "export"];
const ACTIVE_STATES = RUN_STATES.slice(0, 4);

/** `startRun`. */
export const startRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("startRun"),
  definition: fc.constantFrom("ingest", "ingest", "export"),
  instance: fc.constantFrom("one", "one", "one", "two"),
  rerun: fc.boolean(),
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
  states: seldom(subset(RUN_STATES)),
  limit: pageLimit,
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
