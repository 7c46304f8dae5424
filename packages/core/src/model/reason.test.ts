import { expect, test } from "vitest";
import type { JobId } from "./ids.ts";
import { type Reason, sayReason } from "./reason.ts";

const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const SOON = "2026-03-01T12:05:00.000Z";
const BEFORE = "2026-03-01T11:59:30.000Z";
const JOB = "0190a0e0-1000-7000-8000-000000000001" as JobId; // an id in the right shape

const SAID: readonly (readonly [Reason, string])[] = [
  [{ code: "paused", queue: "mail" }, 'queue "mail" is paused; resume it to go on'],
  [{ code: "not-before", at: SOON }, `it is not to run before ${SOON} (in 5 min)`],
  [
    { code: "retrying", at: SOON, attempts: 2, error: "timeout: slow" },
    `2 attempts failed (timeout: slow); the next is at ${SOON} (in 5 min)`,
  ],
  [
    { code: "retrying", at: SOON, attempts: 1, error: null },
    `1 attempt failed; the next is at ${SOON} (in 5 min)`,
  ],
  [
    { code: "limited", key: "model:ada", until: SOON, reason: "429\nfrom the endpoint" },
    `limit model:ada until ${SOON} (in 5 min): 429 from the endpoint`,
  ],
  [
    { code: "limited", key: "model:ada", until: SOON, reason: null },
    `limit model:ada until ${SOON} (in 5 min)`,
  ],
  [
    { code: "snoozed", at: SOON, limit: "model:ada", reason: "429" },
    `its last attempt put it off until ${SOON} (in 5 min), under limit model:ada, which is no longer held: 429`,
  ],
  [
    { code: "snoozed", at: SOON, limit: null, reason: "not yet" },
    `its last attempt put it off until ${SOON} (in 5 min): not yet`,
  ],
  [{ code: "past-expiry", at: BEFORE }, `it expired at ${BEFORE} while in line; the next sweep ends it`],
  [
    { code: "behind", queue: "mail", priority: "low", ahead: 1, higher: 0 },
    'behind 1 job of its class in queue "mail" (it is of class low)',
  ],
  [
    { code: "behind", queue: "mail", priority: "low", ahead: 12, higher: 1_000 },
    'behind 12 jobs of its class and 1,000+ jobs of higher classes in queue "mail" (it is of class low)',
  ],
  [
    { code: "behind-key", job: JOB, ahead: 1 },
    `1 job of its ordering key comes first; it is the turn of job ${JOB}`,
  ],
  [
    { code: "behind-key", job: null, ahead: 2 },
    "2 jobs of its ordering key come first; a sweep lets the next one go",
  ],
  [{ code: "suspect", rescues: 1 }, "whoever held it last vanished (rescued 1 time); it waits to run alone"],
  [
    { code: "no-worker", queue: "mail", name: "send", priority: "bulk", live: 0 },
    'no worker is at work: none takes jobs "send" of class bulk from queue "mail"',
  ],
  [
    { code: "no-worker", queue: "mail", name: "send", priority: "bulk", live: 1 },
    'none of 1 live worker takes jobs "send" of class bulk from queue "mail"',
  ],
  [{ code: "workers-busy", able: 1 }, "all slots of the 1 live worker that may take it are in use"],
  [{ code: "next", able: 2 }, "nothing stands before it: 2 live workers may claim it at any moment"],
  [
    { code: "running", worker: "w", since: BEFORE, until: SOON },
    `held since ${BEFORE} (30 s ago) by worker w under a lease until ${SOON} (in 5 min)`,
  ],
  [
    { code: "running", worker: "w", since: null, until: SOON },
    `held by worker w under a lease until ${SOON} (in 5 min)`,
  ],
  [
    { code: "lease-over", worker: "w", at: BEFORE },
    `its lease ran out at ${BEFORE} (30 s ago): worker w vanished, and the next sweep takes the job back`,
  ],
  [
    { code: "cancelling", reason: null, by: "ann" },
    "it was cancelled by ann; its handler has been told to stop",
  ],
  [
    {
      code: "waits-for-children",
      unfinished: 2,
      completed: 1,
      failed: 0,
      condition: { kind: "quorum", n: 2 },
      children: [JOB],
    },
    `it waits for 2 of 3 children (0 failed; until 2 have completed): ${JOB}, …`,
  ],
  [{ code: "completed", at: BEFORE, attempts: 3 }, `it completed at ${BEFORE} (30 s ago) after 3 attempts`],
  [
    { code: "dead", at: BEFORE, attempts: 1, error: "processing: no" },
    `it failed for good at ${BEFORE} (30 s ago) after 1 attempt (processing: no)`,
  ],
  [
    { code: "cancelled", at: BEFORE, error: "cancelled by ann: not needed" },
    `it ended at ${BEFORE} (30 s ago): cancelled by ann: not needed`,
  ],
  [{ code: "expired", at: BEFORE }, `it expired at ${BEFORE} (30 s ago): it was still in line`],
  [{ code: "key-held", key: "k", job: JOB }, `job ${JOB} holds the key "k"`],
  [{ code: "queue-full", queue: "mail", priority: "low" }, 'queue "mail" has no room for a low job'],
];

test.each(SAID)("$code in words", (reason, words) => {
  expect(sayReason(reason, NOW)).toBe(words);
});

test.each([
  [{ kind: "wait-all" }, "until all have ended"],
  [{ kind: "fail-fast" }, "until all have completed, and none may fail"],
  [{ kind: "tolerate", percent: 5 }, "until all have ended, of which 5 % may fail"],
  [{ kind: "threshold", wakeAt: 0 }, "until all have ended"],
  [{ kind: "threshold", wakeAt: 4 }, "until 4 are left"],
] as const)("the condition %o in words", (condition, words) => {
  const children = { unfinished: 1, completed: 0, failed: 0, children: [] };
  expect(sayReason({ code: "waits-for-children", condition, ...children }, NOW)).toBe(
    `it waits for 1 of 1 child (0 failed; ${words})`,
  );
});
