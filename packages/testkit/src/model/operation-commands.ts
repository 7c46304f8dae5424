/** fast-check arbitraries of the calls about dead letters and operations. */
import { type DeadFilter, type JobState, type OperationAction, PRIORITIES } from "@millrace/core";
import fc from "fast-check";
import { NAMES, note, often, pageLimit, pick, QUEUES, seldom, subset, TENANTS } from "./arbitrary-values.ts";
import type { OperationFilterSketch, Sketch } from "./sketch.ts";

const FINGERPRINTS = ["f00d", "crashed"];
const deadFilter: fc.Arbitrary<DeadFilter> = fc.record({
  queue: seldom(fc.constantFrom(...QUEUES)),
  name: seldom(fc.constantFrom(...NAMES)),
  tenant: seldom(fc.constantFrom(...TENANTS)),
  fingerprint: seldom(fc.constantFrom(...FINGERPRINTS)),
});

/** `deadLetters` and `deadGroups`. */
export const deadListing: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constantFrom("deadLetters", "deadGroups"),
  filter: deadFilter,
  limit: pageLimit,
});

/** `deadDepths`. */
export const deadDepths: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("deadDepths"),
  atMost: fc.constantFrom(1, 2, 100),
});

const FINISHED = ["dead", "completed", "cancelled", "expired"] as const;
const IN_LINE = ["scheduled", "ready", "retrying"] as const;
const LIVE = ["scheduled", "ready", "retrying", "running", "waiting"] as const;

function filterOf(states: readonly JobState[]): fc.Arbitrary<OperationFilterSketch> {
  return fc.record({
    states: fc.oneof(
      { weight: 2, arbitrary: fc.constant([...states]) },
      { weight: 1, arbitrary: subset(states).filter((some) => some.length > 0) },
    ),
    ids: seldom(fc.array(pick, { minLength: 1, maxLength: 4 })),
    queue: seldom(fc.constantFrom(...QUEUES)),
    name: seldom(fc.constantFrom(...NAMES)),
    tenant: seldom(fc.constantFrom(...TENANTS)),
    run: seldom(seldom(pick)),
    fingerprint: seldom(fc.constantFrom(...FINGERPRINTS)),
  });
}

const terms = {
  perSecond: seldom(fc.constantFrom(0.5, 1, 2, 1_000)),
  note,
  total: seldom(fc.nat({ max: 9 })),
};

/** `startOperation`, mostly of retries. */
export const startOperation: fc.Arbitrary<Sketch> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      verb: fc.constant("startOperation"),
      again: seldom(seldom(pick)),
      action: fc.constant<OperationAction>("retry"),
      filter: filterOf(FINISHED),
      canary: seldom(fc.record({ jobs: fc.constantFrom(1, 2), minCompleted: fc.constantFrom(0, 50, 100) })),
      patch: seldom(fc.constant('{"a":1}')),
      ...terms,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("startOperation"),
      action: fc.constant<OperationAction>("delete"),
      filter: filterOf(FINISHED),
      ...terms,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("startOperation"),
      action: fc.constant<OperationAction>("cancel"),
      filter: filterOf(LIVE),
      ...terms,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("startOperation"),
      action: fc.constant<OperationAction>("reprioritise"),
      priority: fc.constantFrom(...PRIORITIES),
      filter: filterOf(IN_LINE),
      ...terms,
    }),
  },
);

/** `takeOperation`. */
export const takeOperation: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("takeOperation"),
  limit: fc.constantFrom(1, 2, 100),
  only: seldom(pick),
});

/** `advanceOperation`, mostly of the page taken last. */
export const advanceOperation: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("advanceOperation"),
  earlier: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: pick }),
  problem: seldom(pick),
});

/** `abortOperation`. */
export const abortOperation: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("abortOperation"),
  operation: pick,
  note: terms.note,
});

/** `countMatching`. */
export const countMatching: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("countMatching"),
  filter: fc.oneof(filterOf(FINISHED), filterOf(LIVE)),
  limit: pageLimit,
});

/** `operations`. */
export const operations: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("operations"),
  ids: often(fc.array(pick, { maxLength: 2 })),
  states: often(subset(["running", "canary", "completed", "failed", "aborted"] as const)),
  limit: pageLimit,
});
