/** What a listing reads: no table that holds none of the wanted states, and no page twice. */
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn } from "./plan-schema.ts";

const SCHEMA = "plans_find";
/** Ids in the order of rows, as those of jobs mostly are. */
const ID = "(lpad(to_hex(n::bigint * 200000), 8, '0') || '-0000-7000-8000-000000000000')::uuid";
/** Filters that no index knows. */
const NO_MORE = "null, null, null, null, null, null";
const MODES = ["force_generic_plan", "force_custom_plan"];
const database = new pg.Client(testPostgresUrl());

beforeAll(async () => {
  await makeSchema(database, SCHEMA);
  await database.query(
    `insert into ${SCHEMA}.finished (id, generation, token, created_at, run_at, finished_at, attempts, interruptions,
       snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, records)
     select ${ID}, 1, -n, now(), now(), now(), 1, 0, 0, 0, 3, 2, 4, 'mail', 'bench', '', '0{}', ''
     from generate_series(1, 20000) n`,
  );
  await database.query(
    `insert into ${SCHEMA}.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
     select ${ID}, now(), now(), 3, 2, 'mail', 'bench', '', '0{}' from generate_series(1, 20000) n`,
  );
  await database.query("analyze");
  await database.query(`prepare find as ${textIn(SCHEMA, "job/find")}`);
  await database.query(`prepare peek as ${textIn(SCHEMA, "job/peek")}`);
});
afterAll(() => dropSchema(database, SCHEMA));

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Loops": number;
  readonly "Actual Rows": number;
  readonly Plans?: readonly PlanNode[];
}

async function tablesRead(mode: string, states: string): Promise<readonly string[]> {
  await database.query(`set plan_cache_mode = ${mode}`);
  const call = `execute find(null, '{${states}}', null, null, null, null, null, null, 100, ${NO_MORE})`;
  const { rows } = await database.query(`explain (analyze, format json) ${call}`);
  const nodes = [...nodesOf(rows[0]["QUERY PLAN"][0].Plan)];
  const read = nodes.filter((node) => node["Actual Loops"] > 0);
  return [...new Set(read.flatMap((node) => node["Relation Name"] ?? []))].toSorted();
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}

test.each(MODES)("with %s a page reads on from the one before, and no further than it must", async (mode) => {
  await database.query(`set plan_cache_mode = ${mode}`);
  const cursor = "'80000000-0000-0000-0000-000000000000'";
  for (const state of ["ready", "completed"]) {
    const { rows } = await database.query(
      `explain (analyze, format json)
       execute find(null, '{${state}}', 'mail', 'bench', '', null, null, ${cursor}, 100, ${NO_MORE})`,
    );
    const nodes: readonly PlanNode[] = [...nodesOf(rows[0]["QUERY PLAN"][0].Plan)];
    const read = nodes.filter((node) => node["Relation Name"] !== undefined && node["Actual Loops"] > 0);
    expect(read).toMatchObject([{ "Actual Rows": 100, "Index Cond": expect.stringMatching(/^\(id < /) }]);
  }
});

test.each(MODES)("with %s only tables that hold a wanted state are read", async (mode) => {
  expect(await tablesRead(mode, "ready,running")).toEqual(["job"]);
  expect(await tablesRead(mode, "dead")).toEqual(["dead"]);
  expect(await tablesRead(mode, "expired")).toEqual(["finished_default"]);
  expect(await tablesRead(mode, "waiting,completed,dead")).toEqual(["dead", "finished_default", "job"]);
});

test.each(MODES)("with %s filters without an index keep to the order of ids", async (mode) => {
  await database.query(`set plan_cache_mode = ${mode}`);
  const filters = ["'{2}', null, null, null, null, null", "null, 0, 9999999999999, null, null, null"];
  for (const filter of filters) {
    const { rows } = await database.query(
      `explain (analyze, format json)
       execute find(null, '{ready}', null, null, null, null, null, null, 100, ${filter})`,
    );
    const nodes: readonly PlanNode[] = [...nodesOf(rows[0]["QUERY PLAN"][0].Plan)];
    const read = nodes.filter((node) => node["Relation Name"] !== undefined && node["Actual Loops"] > 0);
    expect(read).toMatchObject([{ "Relation Name": "job", "Actual Rows": 100 }]);
  }
});

test.each(MODES)("with %s a look into a queue reads of each class no more than it shows", async (mode) => {
  await database.query(`set plan_cache_mode = ${mode}`);
  const { rows } = await database.query(
    "explain (analyze, format json) execute peek('mail', '{0,1,2,3,4}', 50)",
  );
  const nodes: readonly PlanNode[] = [...nodesOf(rows[0]["QUERY PLAN"][0].Plan)];
  const read = nodes.filter((node) => node["Relation Name"] === "job" && node["Actual Loops"] > 0);
  expect(read).toMatchObject([{ "Index Name": "job_ready", "Actual Loops": 5, "Actual Rows": 10 }]);
});
