import { fileURLToPath } from "node:url";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sqlQueries } from "../../scripts/sql-sources.mjs";

const SCHEMA = "plans_short";
const BACKLOG = 10_000;
const database = new pg.Client(testPostgresUrl());

beforeAll(async () => {
  await database.connect();
  await database.query(`drop schema if exists ${SCHEMA} cascade`);
  const store = sqlStore(createPgClient({ url: testPostgresUrl() }), { schema: SCHEMA });
  await store.open();
  await store.migrate();
  await store.close();
});

afterAll(async () => {
  await database.query(`drop schema ${SCHEMA} cascade`);
  await database.end();
});

/** A worker plans its statements once; here at a moment when the statistics still tell of an empty table. */
test("completing a few jobs of a short backlog fetches each by its id", async () => {
  await database.query(`vacuum analyze ${SCHEMA}.job`);
  await database.query(
    `insert into ${SCHEMA}.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
     select gen_random_uuid(), now(), now(), 3, 2, 'default', 'bench', '', '0{}' from generate_series(1, ${BACKLOG})`,
  );
  const queries: Readonly<Record<string, string>> = sqlQueries(
    fileURLToPath(new URL("../../packages/postgres", import.meta.url)),
  );
  const text = queries["holder/complete"]?.replaceAll("millrace.", `${SCHEMA}.`);
  await database.query(`set plan_cache_mode = force_generic_plan; prepare complete as ${text}`);
  const { rows } = await database.query("explain execute complete('{}', '{}', '[]', '{}', '{}')");
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(plan).toContain("Index Scan using job_pkey on job");
  expect(plan).not.toContain("Seq Scan on job");
});
