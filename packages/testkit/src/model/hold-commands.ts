/** fast-check arbitraries of the calls about limits. */
import type { NewLimitHold } from "@millrace/core";
import fc from "fast-check";
import { LEASE_MS, LIMITS, note, often, pageLimit, seldom, subset } from "./arbitrary-values.ts";
import type { Sketch } from "./sketch.ts";

const newHold: fc.Arbitrary<NewLimitHold> = fc.record({
  key: fc.constantFrom(...LIMITS),
  forMs: fc.constantFrom(0, 1, LEASE_MS / 2, LEASE_MS, 2 * LEASE_MS),
  reason: often(fc.constantFrom("429 from the endpoint", 'it said "no"\n')),
  by: seldom(fc.constant("worker-1")),
  shorten: seldom(fc.boolean()),
});

/** `hold`. */
export const hold: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("hold"),
  holds: fc.array(newHold, { minLength: 1, maxLength: 4 }),
  note,
});

/** `holds`. */
export const holds: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("holds"),
  filter: fc.record({ keys: seldom(subset(LIMITS)) }),
  limit: pageLimit,
});
