/** Plans of the audit's statements on a long audit: pages along an index, and chaining at a cost of what is new. */
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn } from "./plan-schema.ts";

const SCHEMA = "plans_audit";
const RECORDS = 50_000;
const database = new pg.Client({ connectionString: testPostgresUrl() });

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: readonly PlanNode[];
}

beforeAll(async () => {
  await makeSchema(database, SCHEMA);
  await database.query(
    `insert into ${SCHEMA}.audit (tenant, n, at, type, resource_type, resource_id, previous, hash, text)
     select 'tenant-' || n % 10, n / 10, now() - (${RECORDS} - n) * interval '1 s',
       case when n % 1000 = 0 then 'run.failed' else 'job.dead' end, 'job', gen_random_uuid()::text, '', '', '{}'
     from generate_series(10, ${RECORDS}) n`,
  );
  await database.query(
    `insert into ${SCHEMA}.audit_chain (tenant, n, hash)
     select tenant, max(n), '' from ${SCHEMA}.audit group by tenant`,
  );
  await database.query(
    `insert into ${SCHEMA}.audit (tenant, at, type, resource_type, text)
     select 'tenant-1', now(), 'job.dead', 'job', '{}' from generate_series(1, 20)`,
  );
  await database.query("analyze");
});
afterAll(() => dropSchema(database, SCHEMA));

/** What a statement is asked for, and most rows of the audit it may read for that. */
interface Case {
  readonly what: string;
  readonly name: string;
  readonly values: readonly (string | number | null)[];
  readonly most: number;
}

const CASES: readonly Case[] = [
  {
    what: "the newest page",
    name: "audit/find",
    values: [null, null, null, null, null, null, null, null, 50],
    most: 100,
  },
  {
    what: "a tenant's newest",
    name: "audit/find",
    values: ["tenant-3", null, null, null, null, null, null, null, 50],
    most: 100,
  },
  {
    what: "a seldom type",
    name: "audit/find",
    values: [null, "{run.failed}", null, null, null, null, null, null, 50],
    most: 100,
  },
  {
    what: "one resource",
    name: "audit/find",
    values: [null, null, "job", "nobody", null, null, null, null, 50],
    most: 10,
  },
  {
    what: "a page far back",
    name: "audit/find",
    values: [null, null, null, null, null, null, "PAST", 1_000, 50],
    most: 100,
  },
  { what: "a part of a chain", name: "audit/read", values: ["tenant-3", 2_500, 100], most: 200 },
  { what: "how the chains stand", name: "audit/chains", values: [null], most: 100 },
  { what: "whether anything waits", name: "audit/waiting", values: [], most: 10 },
  { what: "a pass of chaining", name: "audit/chain", values: [1_000], most: 100 },
  { what: "what is old", name: "audit/age", values: [86_400_000 * 365, 1_000], most: 100 },
];

describe("on 50,000 records", () => {
  test.each(CASES)("$what: $name reads few of them", async ({ name, values, most }) => {
    const nodes = await executed(name, values);
    const read = nodes
      .filter((node) => node["Relation Name"] === "audit" && node["Node Type"] !== "ModifyTable")
      .reduce((sum, node) => sum + node["Actual Rows"] * node["Actual Loops"], 0);
    expect(read).toBeLessThanOrEqual(most);
    const whole = nodes.filter(
      (node) => node["Node Type"] === "Seq Scan" && node["Relation Name"] === "audit",
    );
    expect(whole).toEqual([]);
  });
});

/** The plan as it ran, and is undone: what it was to write is not written. */
async function executed(
  name: string,
  values: readonly (string | number | null)[],
): Promise<readonly PlanNode[]> {
  const dayAgo = Date.now() - 86_400_000;
  const bound = values.map((value) => (value === "PAST" ? dayAgo : value));
  await database.query("begin");
  try {
    const text = `explain (analyze, timing off, format json) ${textIn(SCHEMA, name).replace(/^--.*\n/gm, "")}`;
    const { rows } = await database.query(text, [...bound]);
    return [...nodesOf(rows[0]["QUERY PLAN"][0].Plan)];
  } finally {
    await database.query("rollback");
  }
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}
