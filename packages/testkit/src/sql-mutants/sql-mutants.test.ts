import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgliteClient } from "@millrace/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDisagreement } from "../model/check-model.ts";
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
    const found = await findDisagreement(() => home.create(), { runs: RUNS, seed: SEED, shrinks: false });
    expect(rewritten, "the statement no longer says what the mutant changes").toBeGreaterThan(0);
    expect(found, "nobody saw it").toBeDefined();
    expect(found?.message, "it is no SQL any more").not.toContain("the store threw");
  });
});
