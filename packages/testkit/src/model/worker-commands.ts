/** fast-check arbitraries of the calls about workers, and of asking why jobs do not run. */
import { PRIORITIES } from "@millrace/core";
import fc from "fast-check";
import { LEASE_MS, NAMES, pick, QUEUES, subset } from "./arbitrary-values.ts";
import type { Sketch, WorkerSketch } from "./sketch.ts";

/** Few enough that they are met again. */
const who = fc.nat({ max: 2 });

const worker: fc.Arbitrary<WorkerSketch> = fc.record({
  who,
  upMs: fc.constantFrom(0, 1, LEASE_MS),
  queues: subset(QUEUES),
  names: subset(NAMES),
  priorities: fc.oneof(fc.constant(PRIORITIES), subset(PRIORITIES)),
  concurrency: fc.constantFrom(1, 5),
  running: fc.constantFrom(0, 1, 5),
  draining: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});

/** `registerWorkers`. */
export const registerWorkers: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("registerWorkers"),
  workers: fc.uniqueArray(worker, { minLength: 1, maxLength: 3, selector: (one) => one.who }),
  forMs: fc.constantFrom(LEASE_MS / 2, 2 * LEASE_MS, 100 * LEASE_MS),
});

/** `removeWorkers`. */
export const removeWorkers: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("removeWorkers"),
  who: fc.array(who, { minLength: 1, maxLength: 2 }),
});

/** `workers`. */
export const workers: fc.Arbitrary<Sketch> = fc.constant({ verb: "workers" });

/** `explain`, mostly of live jobs. */
export const explain: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("explain"),
  ids: fc.array(pick, { minLength: 1, maxLength: 6 }),
  among: fc.constantFrom("all", "live", "live", "running"),
});
