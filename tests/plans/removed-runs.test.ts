/** What forgetting runs costs: pages of the database touched for the same rows, beside few others and beside many. */
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn, vacuumed } from "./plan-schema.ts";

const SCHEMA = "plans_removed_runs";
const REMOVED = 500;
const DAY_MS = 86_400_000;
const RUN = "00000000-0000-7000-8000-000000000001";
const database = new pg.Client(testPostgresUrl());

beforeAll(() => makeSchema(database, SCHEMA));
afterAll(() => dropSchema(database, SCHEMA));

/** So many completed runs, a thousand of them older than a day, and as many that failed. */
async function withRuns(rows: number): Promise<void> {
  await database.query(`truncate ${SCHEMA}.run`);
  await database.query(
    `insert into ${SCHEMA}.run (id, definition, instance, tenant, state, coordinator, created_at, finished_at, params)
     select gen_random_uuid(), 'ingest', n::text, '', state, gen_random_uuid(), now(),
       now() - case when n <= 1000 then interval '2 days' else interval '1 hour' end - n * interval '1 millisecond', '{}'
     from generate_series(1, $1::integer) n cross join unnest(array['completed', 'failed']) state`,
    [rows],
  );
  await vacuumed(database, `${SCHEMA}.run`);
}

/** A ledger of so many rows, half of which are deleted already and still there for old snapshots. */
async function withLedger(rows: number): Promise<void> {
  await database.query(`truncate ${SCHEMA}.item, ${SCHEMA}.removed_run`);
  await database.query(
    `insert into ${SCHEMA}.item (run, step, key, state, job, at)
     select $2::uuid, 'load', lpad(n::text, 8, '0'), 'done', gen_random_uuid(), now()
     from generate_series(1, $1::integer) n`,
    [rows, RUN],
  );
  await vacuumed(database, `${SCHEMA}.item`);
  await database.query(`delete from ${SCHEMA}.item where key <= lpad($1::text, 8, '0')`, [rows / 2]);
  await database.query(
    `insert into ${SCHEMA}.removed_run (run, step, key, due_at) values ($2::uuid, 'load', lpad($1::text, 8, '0'), now())`,
    [rows / 2, RUN],
  );
}

/** Pages that a call touches which removes {@link REMOVED} rows; it is taken back. */
async function pagesTouched(statement: string, values: string): Promise<number> {
  await database.query("begin");
  await database.query(`prepare forget as ${textIn(SCHEMA, statement)}`);
  const { rows } = await database.query(`explain (analyze, buffers, format json) execute forget(${values})`);
  const text = JSON.stringify(rows[0]["QUERY PLAN"]);
  expect(text).toContain(`"Actual Rows":${REMOVED}`);
  await database.query("rollback");
  await database.query("deallocate forget");
  const plan = rows[0]["QUERY PLAN"][0].Plan;
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
}

test("a run costs as many pages to forget beside fifty times the runs", async () => {
  const call = () => pagesTouched("run/clean-up", `${DAY_MS}, '{completed,failed}', ${REMOVED}, null`);
  await withRuns(2_000);
  const few = await call();
  await withRuns(50_000);
  const many = await call();
  expect(many / few).toBeLessThan(1.25);
});

test("a piece of a ledger costs as many pages to delete in the middle of one fifty times as long", async () => {
  const call = (rows: number) =>
    pagesTouched("item/purge", `'${RUN}', 'load', '${String(rows / 2).padStart(8, "0")}', ${REMOVED}`);
  await withLedger(4_000);
  const short = await call(4_000);
  await withLedger(200_000);
  const long = await call(200_000);
  expect(long / short).toBeLessThan(1.25);
});
