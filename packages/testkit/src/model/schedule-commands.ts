/** fast-check arbitraries of the calls about schedules. */
import { OVERLAPS } from "@millrace/core";
import fc from "fast-check";
import { job, LEASE_MS, note, often, pageLimit, pick, seldom, subset, TENANTS } from "./arbitrary-values.ts";
import { run } from "./run-commands.ts";
import type { FireSketch, Sketch } from "./sketch.ts";

/** In an order where code units, UTF-8 bytes and collations all differ. */
const IDS: readonly string[] = ["nightly", "Nightly", "～", "😀"];
const id = fc.constantFrom(...IDS);
/** A definition that can be read, as those of clients can. */
const TERMS = {
  timing: { kind: "interval", everyMs: 1_000, anchorMs: 0 },
  misfire: { kind: "fire-once" },
  overlap: "skip",
};
const READABLE = `0${JSON.stringify({
  ...TERMS,
  target: {
    kind: "job",
    queue: "mail",
    name: "send",
    tenant: "",
    priority: "high",
    maxRescues: 3,
    payload: "{}",
  },
})}`;
/** The same, of one that starts runs. */
const OF_RUNS = `0${JSON.stringify({
  ...TERMS,
  target: {
    kind: "run",
    run: { definition: "ingest", instance: "one", queue: "mail", priority: "low", params: "{}" },
    coordinator: {},
  },
})}`;
/** Mostly due at once. */
const nextInMs = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(-1, 0) },
  { weight: 2, arbitrary: fc.constantFrom(1, LEASE_MS) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

/** `setSchedule`, of few definitions so that some are the same again. */
export const setSchedule: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("setSchedule"),
  id,
  tenant: fc.constantFrom(...TENANTS),
  definition: fc.constantFrom("0a", READABLE, OF_RUNS, '0{"é":"\\u0000"}'),
  nextInMs,
  note,
});

/** `removeSchedule`. */
export const removeSchedule: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("removeSchedule"),
  id,
  note,
});

/** `pauseSchedule`. */
export const pauseSchedule: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("pauseSchedule"),
  id,
  note,
});

/** `resumeSchedule`. */
export const resumeSchedule: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("resumeSchedule"),
  schedule: pick,
  nextInMs,
  note,
});

/** `findSchedules`. */
export const findSchedules: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("findSchedules"),
  ids: seldom(subset(IDS)),
  tenant: seldom(fc.constantFrom(...TENANTS)),
  limit: pageLimit,
});

/** `dueSchedules`. */
export const dueSchedules: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("dueSchedules"),
  limit: fc.constantFrom(0, 1, 100),
});

const fire: fc.Arbitrary<FireSketch> = fc.record({
  schedule: pick,
  read: fc.constantFrom("now", "now", "now", "earlier"),
  how: fc.constantFrom("due", "due", "due", "missed", "manual"),
  overlap: fc.constantFrom(...OVERLAPS),
  job: fc.tuple(job, often(fc.constant("line"))).map(([plain, orderingKey]) => ({ ...plain, orderingKey })),
  run: seldom(run),
  again: seldom(pick),
  nextInMs,
});

/** `fireSchedules`. */
export const fireSchedules: fc.Arbitrary<Sketch> = fc.record({
  verb: fc.constant("fireSchedules"),
  fires: fc.array(fire, { minLength: 1, maxLength: 3 }),
  note,
});
