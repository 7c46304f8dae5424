/** fast-check arbitraries of what lease holders write, and of what comes back late or wrong. */
import type { Outcome } from "@millrace/core";
import fc from "fast-check";
import { job, log, marks, often, outcome, pick, policy, seldom, snooze, step } from "./arbitrary-values.ts";
import type { HolderSketch, JobSketch, SettlementSketch, Sketch, WriteSketch } from "./sketch.ts";

const current: fc.Arbitrary<HolderSketch> = fc.record({ kind: fc.constant("current"), pick });

const holder: fc.Arbitrary<HolderSketch> = fc.oneof(
  { weight: 16, arbitrary: current },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("earlier" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("resent" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("foreign" as const), pick, other: pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forged" as const), pick }) },
  { weight: 1, arbitrary: fc.constant<HolderSketch>({ kind: "unknown" }) },
);

const ahead: fc.Arbitrary<number> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.integer({ min: -1, max: 3 }) },
);

const write: fc.Arbitrary<WriteSketch> = fc.record({
  holder,
  ahead,
  checkpoint: often(fc.constantFrom("", "0{}", "0[1]")),
  spawn: often(fc.array(job, { maxLength: 3 })),
  step: often(step),
  marks: seldom(marks),
  progress: seldom(fc.constantFrom("", '{"percent":50}')),
  log: often(log),
});

const settlement: fc.Arbitrary<SettlementSketch> = fc
  .tuple(write, outcome)
  .map(([fields, ending]) => ({ ...fields, outcome: ending }));

/** `save`. */
export const save: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("save"),
  writes: fc.array(write, { minLength: 1, maxLength: 4 }),
});

/** `settle`. */
export const settle: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("settle"),
  writes: fc.array(settlement, { minLength: 1, maxLength: 6 }),
});

/** A settlement of jobs that are running, by those who hold them. */
export const settleHeld: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("settle"),
  writes: fc.array(heldEnding(outcome), { minLength: 1, maxLength: 6 }),
});

/** Jobs that are put off for a short while, with the reason. */
export const snoozeHeld: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("settle"),
  writes: fc.array(heldEnding(snooze), { minLength: 1, maxLength: 4 }),
});

const suspension: fc.Arbitrary<Outcome> = fc.oneof(
  fc.nat({ max: 2 }).map((wakeAt): Outcome => ({ kind: "suspended", wakeAt })),
  policy.map((given): Outcome => ({ kind: "suspended", wakeAt: 0, policy: given })),
);

/** Settlements of jobs that spawn children, due at once, and wait for them. */
export const settleForked: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("settle"),
  writes: fc.array(
    fc
      .tuple(heldEnding(suspension), fc.array(job.map(atOnce), { minLength: 1, maxLength: 3 }))
      .map(([fields, children]) => ({ ...fields, spawn: children })),
    { minLength: 1, maxLength: 2 },
  ),
});

function heldEnding(ending: fc.Arbitrary<Outcome>): fc.Arbitrary<SettlementSketch> {
  return fc.record({ holder: current, ahead: fc.constant(1), outcome: ending });
}

function atOnce(sketch: JobSketch): JobSketch {
  return { ...sketch, delayMs: 0 };
}
