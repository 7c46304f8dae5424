import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn } from "./plan-schema.ts";

const SCHEMA = "plans_short";
const BACKLOG = 10_000;
const database = new pg.Client(testPostgresUrl());

beforeAll(() => makeSchema(database, SCHEMA));
afterAll(() => dropSchema(database, SCHEMA));

/** A worker plans its statements once; here at a moment when the statistics still tell of an empty table. */
test("completing a few jobs of a short backlog fetches each by its id", async () => {
  await database.query(`vacuum analyze ${SCHEMA}.job`);
  await database.query(
    `insert into ${SCHEMA}.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
     select gen_random_uuid(), now(), now(), 3, 2, 'default', 'bench', '', '0{}' from generate_series(1, ${BACKLOG})`,
  );
  await database.query("set plan_cache_mode = force_generic_plan");
  await database.query(`prepare complete as ${textIn(SCHEMA, "holder/complete")}`);
  const { rows } = await database.query("explain execute complete('{}', '{}', '[]', '{}', '{}')");
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(plan).toContain("Index Scan using job_pkey on job");
  expect(plan).not.toContain("Seq Scan on job");
});
