/** fast-check arbitraries of the calls by which people and sweepers control jobs. */
import { PRIORITIES, TERMINAL_STATES } from "@millrace/core";
import fc from "fast-check";
import { LEASE_MS, note, pick, subset } from "./arbitrary-values.ts";
import type { Sketch } from "./sketch.ts";

const ids = fc.array(pick, { minLength: 1, maxLength: 4 });

/** `cancel`, of any jobs and of those that run. */
export const cancel: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("cancel"),
  ids,
  among: fc.constantFrom("all", "live", "running"),
  note,
});

/** `cancels`. */
export const cancels: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("cancels"),
  leases: fc.array(pick, { maxLength: 3 }),
});

/** `cascade`. */
export const cascade: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("cascade"),
  limit: fc.constantFrom(1, 2, 100),
});

/** `retry`, mostly of finished jobs. */
export const retry: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("retry"),
  ids,
  among: fc.constantFrom("all", "finished", "finished"),
  note,
});

/** `reprioritise`, mostly of live jobs. */
export const reprioritise: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("reprioritise"),
  ids,
  among: fc.constantFrom("all", "live", "live"),
  priority: fc.constantFrom(...PRIORITIES),
  note,
});

/** `delete`. */
export const remove: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("delete"),
  ids,
  among: fc.constantFrom("all", "finished"),
  note,
});

/** `cleanUp`. */
export const cleanUp: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("cleanUp"),
  olderThanMs: fc.constantFrom(0, 1, LEASE_MS, 2 * LEASE_MS),
  states: subset(TERMINAL_STATES),
  limit: fc.constantFrom(1, 2, 100),
  note,
});

/** The audit, read whole. */
export const audit: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("audit"),
  limit: fc.constantFrom(2, 100),
});

/** `pruneAudit`. */
export const pruneAudit: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("pruneAudit"),
  olderThanMs: fc.constantFrom(0, 1, LEASE_MS),
});
