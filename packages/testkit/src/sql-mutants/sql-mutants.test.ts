import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgliteClient } from "@millrace/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDisagreement, replay } from "../model/check-model.ts";
import { readFixture } from "../model/fixtures.ts";
import { Mismatch } from "../model/mismatch.ts";
import { sqlHome } from "../stores/sql-home.ts";
import { ANSWER_MUTANTS, type SqlMutant } from "./mutants.fixture.ts";
import { rewritingClient } from "./rewriting-client.fixture.ts";

/** Sequences within which a broken rule must show. */
const RUNS = 300;
const SEED = 11;

describe("mutants of the SQL, against the reference model", () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-mutants-"));
  const database = createPgliteClient({ directory, durability: "process" });
  let mutant: SqlMutant | undefined;
  let rewritten = 0;
  const client = rewritingClient(
    database,
    (text) => mutant?.rewrite(text) ?? text,
    () => {
      rewritten += 1;
    },
  );
  const home = sqlHome({ name: "mutant", schema: "mutant", connect: async () => client });
  beforeAll(() => home.start());
  afterAll(async () => {
    mutant = undefined;
    await home.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(ANSWER_MUTANTS)("is caught: $name", { timeout: RUNS * 2_000 }, async (given) => {
    mutant = given;
    rewritten = 0;
    const found = await mismatch(given);
    expect(rewritten, "the statement no longer says what the mutant changes").toBeGreaterThan(0);
    expect(found, "nobody saw it").toBeDefined();
    expect(found, "it is no SQL any more").not.toContain("the store threw");
  });

  /** Where the mutant and the model part ways, in words; on the mutant's own sequence, where it has one. */
  async function mismatch({ fixture, seed = SEED }: SqlMutant): Promise<string | undefined> {
    const create = () => home.create();
    if (fixture === undefined)
      return (await findDisagreement(create, { runs: RUNS, seed, shrinks: false }))?.message;
    return replay(create, readFixture(fixture)).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Mismatch) return error.message;
        throw error;
      },
    );
  }
});
