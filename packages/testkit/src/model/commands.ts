/** fast-check arbitraries of calls, weighted so that sequences get deep: much is claimed, and much of it ends. */
import { JOB_STATES, PRIORITIES, RUN_STATES } from "@millrace/core";
import fc from "fast-check";
import {
  job,
  KEYS,
  LEASE_MS,
  NAMES,
  outcome,
  pageLimit,
  pick,
  QUEUES,
  STEPS,
  seldom,
  step,
  subset,
  TENANTS,
} from "./arbitrary-values.ts";
import type { HolderSketch, SettlementSketch, Sketch, WantSketch, WriteSketch } from "./sketch.ts";

/** Longest sequence. */
const MAX_CALLS = 50;

const DEFINITIONS = ["ingest", "export"];
const INSTANCES = ["one", "two"];
const ACTIVE_STATES = RUN_STATES.slice(0, 4);

const enqueue: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("enqueue"),
  jobs: fc.array(job, { minLength: 1, maxLength: 5 }),
  resend: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const want: fc.Arbitrary<WantSketch> = fc.record({
  queue: fc.constantFrom(...QUEUES),
  max: fc.integer({ min: 1, max: 5 }),
  names: fc.oneof({ weight: 4, arbitrary: fc.constant(NAMES) }, { weight: 1, arbitrary: subset(NAMES) }),
  priorities: seldom(subset(PRIORITIES)),
});

/** Mostly one want for each queue, so that little due work is missed. */
const claim: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("claim"),
  wants: fc.oneof(
    { weight: 2, arbitrary: fc.constant(QUEUES.map((queue) => ({ queue, max: 3, names: NAMES }))) },
    { weight: 2, arbitrary: fc.array(want, { minLength: 1, maxLength: 3 }) },
  ),
  solo: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const extend: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("extend"),
  touches: fc.array(fc.record({ pick, dropped: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  leaseMs: fc.constantFrom(LEASE_MS / 2, LEASE_MS, 2 * LEASE_MS),
});

const holder: fc.Arbitrary<HolderSketch> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ kind: fc.constant("current" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("earlier" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("resent" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("foreign" as const), pick, other: pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forged" as const), pick }) },
  { weight: 1, arbitrary: fc.constant<HolderSketch>({ kind: "unknown" }) },
);

const writeFields = {
  holder,
  ahead: fc.oneof(
    { weight: 5, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: -1, max: 3 }) },
  ),
  checkpoint: fc.option(fc.constantFrom("", "0{}", "0[1]"), { nil: undefined }),
  spawn: fc.option(fc.array(job, { maxLength: 3 }), { nil: undefined }),
  step: fc.option(step, { nil: undefined }),
};

const save: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("save"),
  writes: fc.array(fc.record(writeFields) as fc.Arbitrary<WriteSketch>, { minLength: 1, maxLength: 4 }),
});

const settle: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("settle"),
  writes: fc.array(fc.record({ ...writeFields, outcome }) as fc.Arbitrary<SettlementSketch>, {
    minLength: 1,
    maxLength: 6,
  }),
});

const advance: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("advance"),
  ms: fc.constantFrom(0, 1, LEASE_MS / 2, LEASE_MS - 1, LEASE_MS, LEASE_MS, 2 * LEASE_MS),
});

const rescue: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("rescue"),
  limit: fc.constantFrom(1, 2, 10),
});

const fold: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("fold"),
  limit: fc.constantFrom(1, 3, 1_000),
});

const find: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("find"),
  filter: fc.record({
    ids: seldom(fc.array(pick, { maxLength: 4 })),
    states: fc.option(subset(JOB_STATES), { nil: undefined }),
    queue: seldom(fc.constantFrom(...QUEUES)),
    name: seldom(fc.constantFrom(...NAMES)),
    tenant: seldom(fc.constantFrom(...TENANTS)),
    run: seldom(pick),
    parent: seldom(pick),
  }),
  limit: pageLimit,
});

const startRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("startRun"),
  definition: fc.constantFrom(...DEFINITIONS),
  instance: fc.constantFrom(...INSTANCES),
  rerun: fc.boolean(),
  coordinator: job,
});

/** Mostly forward, at times a finished run back to work. */
const moveRun: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("moveRun"),
  move: fc.record({
    run: pick,
    from: fc.oneof(fc.constant(ACTIVE_STATES), subset(RUN_STATES)),
    to: fc.oneof(fc.constantFrom(...RUN_STATES), fc.constant("completed" as const)),
    holder: fc.constantFrom("none", "coordinator", "earlier"),
    pick,
    result: seldom(fc.constant('{"passages":1}')),
    error: seldom(fc.constant('{"class":"processing"}')),
  }),
});

const findRuns: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("findRuns"),
  ids: seldom(fc.array(pick, { maxLength: 3 })),
  definition: seldom(fc.constantFrom(...DEFINITIONS)),
  states: seldom(subset(RUN_STATES)),
  limit: pageLimit,
});

const items: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("items"),
  run: pick,
  step: fc.constantFrom(...STEPS),
  states: seldom(subset(["done", "filtered", "skipped", "failed"] as const)),
  keys: seldom(subset(KEYS)),
  limit: pageLimit,
});

/** One call. */
export const sketch: fc.Arbitrary<Sketch> = fc.oneof(
  { weight: 8, arbitrary: claim },
  { weight: 8, arbitrary: settle },
  { weight: 5, arbitrary: enqueue },
  { weight: 5, arbitrary: save },
  { weight: 5, arbitrary: advance },
  { weight: 3, arbitrary: rescue },
  { weight: 2, arbitrary: extend },
  { weight: 2, arbitrary: startRun },
  { weight: 2, arbitrary: moveRun },
  { weight: 1, arbitrary: fold },
  { weight: 1, arbitrary: find },
  { weight: 1, arbitrary: findRuns },
  { weight: 1, arbitrary: items },
);

/** A sequence of calls, up to {@link MAX_CALLS}; all lengths alike. */
export const sequence: fc.Arbitrary<readonly Sketch[]> = fc.array(sketch, {
  maxLength: MAX_CALLS,
  size: "max",
});
