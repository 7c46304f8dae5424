/** What forgetting costs: pages of the database touched for the same rows, beside a short history and a long one. */
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn, vacuumed } from "./plan-schema.ts";

const SCHEMA = "plans_clean_up";
const REMOVED = 500;
const SHORT = 2_000;
const LONG = 100_000;
const DAY_MS = 86_400_000;
const database = new pg.Client(testPostgresUrl());

beforeAll(() => makeSchema(database, SCHEMA));
afterAll(() => dropSchema(database, SCHEMA));

/** So many finished jobs, a thousand of them older than a day. */
async function withHistory(rows: number): Promise<void> {
  await database.query(`truncate ${SCHEMA}.finished`);
  await database.query(
    `insert into ${SCHEMA}.finished (id, generation, token, created_at, run_at, finished_at, attempts, interruptions,
       snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, records)
     select gen_random_uuid(), 1, -n, now(), now(),
       now() - case when n <= 1000 then interval '2 days' else interval '1 hour' end - n * interval '1 millisecond',
       1, 0, 0, 0, 3, 2, 4, 'mail', 'bench', '', '0{}', '' from generate_series(1, $1::integer) n`,
    [rows],
  );
  await vacuumed(database, `${SCHEMA}.finished`);
}

/** Pages that one call touches which removes {@link REMOVED} jobs; it is taken back. */
async function pagesTouched(): Promise<number> {
  await database.query("begin");
  await database.query(`prepare forget as ${textIn(SCHEMA, "history/clean-up")}`);
  const call = `execute forget(${DAY_MS}, '{4}', false, ${REMOVED}, null)`;
  const { rows } = await database.query(`explain (analyze, buffers, format json) ${call}`);
  const plan = rows[0]["QUERY PLAN"][0].Plan;
  expect(plan["Actual Rows"]).toBe(REMOVED);
  await database.query("rollback");
  await database.query("deallocate forget");
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
}

test("a job costs as many pages to forget beside fifty times the history", async () => {
  await withHistory(SHORT);
  const short = await pagesTouched();
  await withHistory(LONG);
  const long = await pagesTouched();
  expect(short).toBeGreaterThan(REMOVED);
  expect(long / short).toBeLessThan(1.25);
});
