/** Stores whose rules of limits are broken, one each. */
import type { Settlement } from "@millrace/core";
import type { Mutant } from "./mutant.fixture.ts";
import { after } from "./rule-mutants.fixture.ts";
import { mutant } from "./wrapper-mutants.fixture.ts";

/** Every mutant of limits, and of why jobs were put off. */
export const HOLD_MUTANTS: readonly Mutant[] = [
  mutant("a later hold shortens the one in force", (store) => ({
    hold: (holds, note) =>
      store.hold(
        holds.map((hold) => ({ ...hold, shorten: true })),
        note,
      ),
  })),
  mutant("no hold ends before the one in force", (store) => ({
    hold: (holds, note) =>
      store.hold(
        holds.map((hold) => ({ ...hold, shorten: false })),
        note,
      ),
  })),
  mutant("a limit that is let go is held on", (store) => ({
    hold: (holds, note) =>
      store.hold(
        holds.map((hold) => ({ ...hold, forMs: Math.max(hold.forMs, 1) })),
        note,
      ),
  })),
  mutant("a hold forgets why", (store) => ({
    hold: (holds, note) =>
      store.hold(
        holds.map(({ reason: _, ...hold }) => hold),
        note,
      ),
  })),
  mutant("who holds a limit leaves nothing in the audit", (store) => ({
    hold: (holds) => store.hold(holds),
  })),
  mutant("a snooze keeps its reason to itself", (store) => ({
    settle: (settlements) => store.settle(settlements.map(withoutNote)),
  })),
  mutant("explain does not see what holds a job's limit", (store) => ({
    explain: async (ids) =>
      (await store.explain(ids)).map((facts) => ({
        ...facts,
        putOff: facts.putOff && { ...facts.putOff, hold: undefined },
      })),
  })),
  {
    ...after("why a job was put off outlives its next attempt", "settle", (job, { before }) => ({
      ...job,
      snoozedFor: job.snoozedFor ?? before.jobs.get(job.spec.id)?.snoozedFor,
    })),
    seed: 2,
  },
  {
    ...after("a replaced job was put off for the one it was before", "enqueue", (job, { before }) => ({
      ...job,
      snoozedFor: before.jobs.get(job.spec.id)?.snoozedFor,
    })),
    fixture: "a-replaced-job-is-not-put-off",
  },
];

function withoutNote(settlement: Settlement): Settlement {
  const { outcome } = settlement;
  if (outcome.kind !== "snoozed") return settlement;
  return { ...settlement, outcome: { kind: "snoozed", delayMs: outcome.delayMs } };
}
