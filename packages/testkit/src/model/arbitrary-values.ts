/** fast-check arbitraries of what calls are made of: jobs, items, outcomes. */
import {
  type ChildPolicy,
  type ControlNote,
  type ItemOutcome,
  LOG_LEVELS,
  type LogPart,
  type Outcome,
  PRIORITIES,
  type Priority,
  type SnoozeNote,
  STEP_STATES,
  type UniqueKey,
} from "@millrace/core";
import fc from "fast-check";
import type { JobSketch, MarkSketch, Pick, StepSketch } from "./sketch.ts";

/** Every lease lasts this long; delays and advances are chosen to meet its end exactly. */
export const LEASE_MS = 1_000;
/** One of them holds a colon, as scopes do. */
export const QUEUES: readonly string[] = ["mail", "mail:low"];
export const NAMES: readonly string[] = ["send", "index"];
export const TENANTS: readonly string[] = ["", "acme"];
/** One needs its quotes escaped. */
export const TAGS: readonly string[] = ["red", 'a "b"'];
/** Limits, in an order of their own too. */
export const LIMITS: readonly string[] = ["model:ada", "é", "Z"];
export const STEPS: readonly string[] = ["load", "load:2"];
/** In an order where code units, UTF-8 bytes and collations all differ. */
export const KEYS: readonly string[] = ["a", "B", "é", "～", "😀", "a b"];

/** Sorts of counters; one is also an item's state. */
const COUNTERS = ["pages", "bytes", "done"] as const;

export const pick: fc.Arbitrary<Pick> = fc.nat({ max: 1_000 });
const priority: fc.Arbitrary<Priority> = fc.constantFrom(...PRIORITIES);
/** Page sizes: small enough for several pages of few rows. */
export const pageLimit: fc.Arbitrary<number> = fc.constantFrom(1, 2, 3, 7, 100);

/** The field one time in four, left out otherwise. */
export function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** The field every other time, left out otherwise. */
export function often<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof(fc.constant(undefined), arbitrary);
}

/** Any number of distinct members, none and all included. */
export function subset<T>(members: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.subarray([...members]);
}

const delayMs = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constantFrom(1, LEASE_MS / 2, LEASE_MS) },
);

/** Few, so that they meet. */
const unique: fc.Arbitrary<UniqueKey> = fc.record({
  key: fc.constantFrom("k1", "k2"),
  while: fc.constantFrom("live", "queued"),
  onConflict: fc.constantFrom("keep", "replace"),
  keepForMs: seldom(fc.constantFrom(LEASE_MS / 2, 2 * LEASE_MS)),
});

/** When a job is due and when it expires, beside its delay. */
const times = {
  runInMs: seldom(fc.constantFrom(-LEASE_MS, 0, 1, LEASE_MS)),
  ttlMs: seldom(fc.constantFrom(0, LEASE_MS / 2, LEASE_MS)),
  expiresInMs: seldom(fc.constantFrom(-1, 0, LEASE_MS)),
};

/** A job, mostly one not sent before. */
export const job: fc.Arbitrary<JobSketch> = fc.record({
  again: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: pick }),
  queue: fc.constantFrom(...QUEUES),
  name: fc.constantFrom(...NAMES),
  tenant: fc.constantFrom(...TENANTS),
  priority,
  delayMs,
  ttlMs: seldom(seldom(fc.constantFrom(0, LEASE_MS / 2, LEASE_MS))),
  maxRescues: fc.nat({ max: 2 }),
  run: seldom(pick),
  payload: fc.constantFrom("null", '"é\\u0000"', "[9007199254740993]", '{"tags":["red"]}'),
  tags: seldom(subset(TAGS)),
});

/** A job that seldom comes alone: with a unique key or an ordering key, an expiry or a time to run at. */
export const keyedJob: fc.Arbitrary<JobSketch> = fc
  .tuple(job, fc.record({ ...times, unique: often(unique), orderingKey: often(fc.constantFrom("o1", "o2")) }))
  .map(([plain, keyed]) => ({ ...plain, ...keyed }));

/** What parents wait for. */
export const policy: fc.Arbitrary<ChildPolicy> = fc.oneof(
  fc.constant<ChildPolicy>({ kind: "wait-all" }),
  fc.constant<ChildPolicy>({ kind: "fail-fast" }),
  fc.integer({ min: 1, max: 3 }).map((n): ChildPolicy => ({ kind: "quorum", n })),
  fc.constantFrom(0, 33, 50, 100).map((percent): ChildPolicy => ({ kind: "tolerate", percent })),
);

/** Why a job is put off. */
const snoozeNote: fc.Arbitrary<SnoozeNote> = fc.record(
  { limit: fc.constantFrom(...LIMITS), reason: fc.constantFrom("429", 'it said "no"\n') },
  { requiredKeys: [], noNullPrototype: true },
);

/** A snooze, with its reason or without. */
export const snooze: fc.Arbitrary<Outcome> = fc.tuple(delayMs, often(snoozeNote)).map(snoozedFor);

function snoozedFor([ms, given]: [number, SnoozeNote | undefined]): Outcome {
  return { kind: "snoozed", delayMs: ms, ...(given === undefined ? {} : { note: given }) };
}

/** How an attempt ends: `suspended` and `retry` often enough to see jobs come back. */
export const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Outcome>({ kind: "completed" }) },
  { weight: 3, arbitrary: delayMs.map((ms): Outcome => ({ kind: "retry", delayMs: ms })) },
  { weight: 2, arbitrary: fc.constant<Outcome>({ kind: "dead", fingerprint: "f00d" }) },
  { weight: 2, arbitrary: fc.boolean().map((started): Outcome => ({ kind: "released", started })) },
  { weight: 2, arbitrary: snooze },
  { weight: 1, arbitrary: policy.map((given): Outcome => ({ kind: "suspended", wakeAt: 0, policy: given })) },
  { weight: 4, arbitrary: fc.nat({ max: 2 }).map((wakeAt): Outcome => ({ kind: "suspended", wakeAt })) },
);

const counters: fc.Arbitrary<Readonly<Record<string, number>>> = fc.dictionary(
  fc.constantFrom(...COUNTERS),
  fc.integer({ min: -2, max: 3 }).filter((count) => count !== 0),
  { minKeys: 1, maxKeys: 2, noNullPrototype: true },
);

const item: fc.Arbitrary<ItemOutcome> = fc.record({
  key: fc.constantFrom(...KEYS),
  state: fc.constantFrom("done", "filtered", "skipped", "failed"),
  stage: seldom(fc.constantFrom("extract", "embed")),
  errorClass: seldom(fc.constant("validation")),
  reason: seldom(fc.constant("encrypted")),
  message: seldom(fc.constantFrom("", 'it said "no"\n')),
  item: seldom(fc.constantFrom('{"n":"é\\u0000"}', "null")),
  output: seldom(fc.constantFrom("[1]", '""')),
  tally: seldom(counters),
});

/** What a write says of its step. */
export const step: fc.Arbitrary<StepSketch> = fc.record({
  run: pick,
  step: fc.constantFrom(...STEPS),
  items: often(fc.array(item, { maxLength: 4 })),
  onlyNewItems: seldom(fc.constant(true)),
  counters: seldom(counters),
});

/** What a write says of steps, at times twice of one. */
export const marks: fc.Arbitrary<readonly MarkSketch[]> = fc.array(
  fc.record({
    run: pick,
    step: fc.constantFrom(...STEPS),
    state: fc.constantFrom(...STEP_STATES, "running" as const, "running" as const),
    starts: fc.nat({ max: 2 }),
    detail: fc.constantFrom("", '{"read":"é"}'),
  }),
  { maxLength: 3 },
);

/** Lines of a log, some of them skipped. */
export const log: fc.Arbitrary<LogPart> = fc.record({
  skipped: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 998 }) }),
  lines: fc.array(
    fc.record({
      level: fc.constantFrom(...LOG_LEVELS),
      line: fc.constantFrom("", "loaded", 'it said "no"\n😀'),
      ageMs: fc.constantFrom(0, 1, LEASE_MS),
    }),
    { maxLength: 3 },
  ),
});

/** What a person says of a call; with an actor, the audit keeps it. */
export const note: fc.Arbitrary<ControlNote> = fc.constantFrom<ControlNote>(
  {},
  { reason: "wrong\nmodel" },
  { reason: 'a "reason"', by: "ann" },
  { reason: "é\u2028", actor: { kind: "user", id: "ann", role: "operator" } },
  { actor: { kind: "process", id: "app@host" } },
);
