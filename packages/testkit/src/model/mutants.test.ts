import { expect, test } from "vitest";
import { findDisagreement, replay } from "./check-model.ts";
import { readFixture } from "./fixtures.ts";
import { HOLD_MUTANTS } from "./hold-mutants.fixture.ts";
import { Mismatch } from "./mismatch.ts";
import { modelStore } from "./model-store.fixture.ts";
import { OPERATION_MUTANTS } from "./operation-mutants.fixture.ts";
import { RULE_MUTANTS } from "./rule-mutants.fixture.ts";
import { RUN_MUTANTS } from "./run-mutants.fixture.ts";
import { SCHEDULE_MUTANTS } from "./schedule-mutants.fixture.ts";
import { WRAPPER_MUTANTS } from "./wrapper-mutants.fixture.ts";

/** Sequences within which a broken rule must show. */
const RUNS = 600;
/** Sequences in which nothing may show where nothing is broken; most mutants are caught long before. */
const SOUND_RUNS = 200;
const SEED = 7;

test("a store that does what the model does is never caught", async () => {
  expect(await findDisagreement(async () => modelStore(), { runs: SOUND_RUNS, seed: SEED })).toBeUndefined();
});

test.each([
  ...WRAPPER_MUTANTS,
  ...RULE_MUTANTS,
  ...OPERATION_MUTANTS,
  ...SCHEDULE_MUTANTS,
  ...RUN_MUTANTS,
  ...HOLD_MUTANTS,
])("is caught: $name", async ({ create, seed = SEED, fixture }) => {
  if (fixture !== undefined) await expect(replay(create, readFixture(fixture))).rejects.toThrow(Mismatch);
  else expect(await findDisagreement(create, { runs: RUNS, seed, shrinks: false })).toBeDefined();
});
