import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn } from "./plan-schema.ts";

const SCHEMA = "plans_short";
const BACKLOG = 10_000;
/** Statements that are given a few jobs to fetch. */
const NAMES = [
  "holder/complete",
  "holder/end",
  "holder/fence",
  "holder/requeue",
  "holder/suspend",
  "holder/wake",
  "holder/classify",
  "key/holders",
];
const database = new pg.Client(testPostgresUrl());

/** A worker plans its statements once; here at a moment when the statistics still tell of an empty table. */
beforeAll(async () => {
  await makeSchema(database, SCHEMA);
  await database.query(`vacuum analyze ${SCHEMA}.job`);
  await database.query(
    `insert into ${SCHEMA}.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
     select gen_random_uuid(), now(), now(), 3, 2, 'default', 'bench', '', '0{}' from generate_series(1, ${BACKLOG})`,
  );
  await database.query("set plan_cache_mode = force_generic_plan");
});
afterAll(() => dropSchema(database, SCHEMA));

test.each(NAMES)("%s fetches a few jobs of a short backlog each by its id", async (name) => {
  const text = textIn(SCHEMA, name);
  const parameters = Math.max(...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const nulls = Array.from({ length: parameters }, () => "null").join(", ");
  await database.query(`prepare "${name}" as ${text}`);
  const { rows } = await database.query(`explain execute "${name}"(${nulls})`);
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(plan).toMatch(/Index Scan using \w+ on job\b/);
  expect(plan).not.toMatch(/Seq Scan on job\b/);
});
