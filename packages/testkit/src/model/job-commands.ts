/** fast-check arbitraries of the calls about jobs. */
import { JOB_STATES, PRIORITIES } from "@millrace/core";
import fc from "fast-check";
import {
  job,
  keyedJob,
  LEASE_MS,
  NAMES,
  note,
  often,
  pageLimit,
  pick,
  QUEUES,
  seldom,
  subset,
  TAGS,
  TENANTS,
} from "./arbitrary-values.ts";
import type { Sketch, WantSketch } from "./sketch.ts";

/** A claim of whatever is due. */
export const claimAll: Extract<Sketch, { readonly verb: "claim" }> = {
  verb: "claim",
  wants: QUEUES.map((queue) => ({ queue, max: 5, names: NAMES })),
  solo: false,
  overdue: 0,
};

/** `enqueue`. */
export const enqueue: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("enqueue"),
  jobs: fc.array(job, { minLength: 1, maxLength: 5 }),
  resend: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** `enqueue` of jobs with keys. */
export const enqueueKeyed: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("enqueue"),
  jobs: fc.array(keyedJob, { minLength: 1, maxLength: 4 }),
  resend: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const want: fc.Arbitrary<WantSketch> = fc.record({
  queue: fc.constantFrom(...QUEUES),
  max: fc.integer({ min: 1, max: 5 }),
  names: fc.oneof({ weight: 4, arbitrary: fc.constant(NAMES) }, { weight: 1, arbitrary: subset(NAMES) }),
  priorities: seldom(subset(PRIORITIES)),
});

/** Mostly one want for each queue, so that little due work is missed. */
export const claim: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("claim"),
  wants: fc.oneof(
    { weight: 2, arbitrary: fc.constant(claimAll.wants) },
    {
      weight: 2,
      arbitrary: fc.uniqueArray(want, { minLength: 1, maxLength: 3, selector: (one) => one.queue }),
    },
  ),
  solo: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  overdue: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(1, 2, 5) },
  ),
});

/** `extend`. */
export const extend: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("extend"),
  touches: fc.array(fc.record({ pick, dropped: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  leaseMs: fc.constantFrom(LEASE_MS / 2, LEASE_MS, 2 * LEASE_MS),
});

/** `advance`. */
export const advance: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("advance"),
  ms: fc.constantFrom(0, 1, LEASE_MS / 2, LEASE_MS - 1, LEASE_MS, LEASE_MS, 2 * LEASE_MS),
});

/** `rescue`. */
export const rescue: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("rescue"),
  limit: fc.constantFrom(1, 2, 10),
});

/** `expire`. */
export const expire: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("expire"),
  limit: fc.constantFrom(1, 2, 10),
});

const limit = fc.constantFrom(0, 1, 3, null);

/** `configureQueue`; mostly lifts what was set, so that work goes on. */
export const configureQueue: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("configureQueue"),
  queue: fc.constantFrom(...QUEUES),
  change: fc.oneof(
    {
      weight: 2,
      arbitrary: fc.constant({ paused: false, capacity: null, capacities: { default: null, high: null } }),
    },
    {
      weight: 3,
      arbitrary: fc.record(
        {
          paused: fc.boolean(),
          capacity: limit,
          capacities: fc.record({ default: limit, high: limit }, { requiredKeys: [], noNullPrototype: true }),
          source: fc.constantFrom("operator" as const, "configuration" as const, null),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
    },
  ),
  note,
});

/** `fold`. */
export const fold: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("fold"),
  limit: fc.constantFrom(1, 3, 1_000),
});

/** `logs`. */
export const logs: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("logs"),
  job: pick,
  limit: pageLimit,
});

/** `watch`. */
export const watch: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("watch"),
  limit: fc.constantFrom(1, 3, 100),
});

/** `events`. */
export const events: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("events"),
  limit: fc.constantFrom(1, 3, 1_000),
});

/** A job that does the work of the one before, where that is still in line. */
export const enqueueReplacing: fc.Arbitrary<Sketch> = keyedJob.map((sketch) => ({
  verb: "enqueue",
  resend: false,
  jobs: [
    {
      ...sketch,
      ...{ again: undefined, queue: "mail", name: "send", tenant: "", delayMs: 0, orderingKey: undefined },
      ...{ runInMs: undefined, ttlMs: undefined, expiresInMs: undefined },
      unique: { key: "k1", while: "live", onConflict: "replace" },
    },
  ],
}));

/** `peek`. */
export const peek: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("peek"),
  queue: fc.constantFrom(...QUEUES),
  options: fc.record({ priorities: seldom(subset(PRIORITIES)), limit: fc.constantFrom(1, 3, 1_000) }),
});

/** `find`. */
export const find: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("find"),
  filter: fc.record({
    ids: seldom(fc.array(pick, { maxLength: 4 })),
    states: often(subset(JOB_STATES)),
    queue: seldom(fc.constantFrom(...QUEUES)),
    name: seldom(fc.constantFrom(...NAMES)),
    tenant: seldom(fc.constantFrom(...TENANTS)),
    run: seldom(pick),
    parent: seldom(pick),
    priorities: seldom(subset(PRIORITIES)),
    tags: seldom(subset(TAGS)),
    fingerprints: seldom(subset(["f00d", "beef"])),
    createdSinceMs: seldom(seldom(fc.constantFrom(0, LEASE_MS))),
    createdUntilMs: seldom(seldom(fc.constantFrom(1, LEASE_MS))),
    finishedUntilMs: seldom(seldom(fc.constantFrom(0, LEASE_MS))),
  }),
  limit: pageLimit,
});
