import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dropSchema, makeSchema, textIn } from "./plan-schema.ts";

const SCHEMA = "plans";
const DELAYED = 500_000;
const QUEUED = 2_000;
/** Where PostgreSQL begins to compile a statement before it runs it, which takes longer than any of these. */
const JIT_ABOVE_COST = 100_000;
/** Tables that grow with use: reading one whole is never right. */
const GROWING = new Set(["job", "finished", "finished_default", "dead", "run"]);

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly Alias?: string;
  readonly "Index Cond"?: string;
  readonly Filter?: string;
  readonly "Join Filter"?: string;
  readonly "Hash Cond"?: string;
  readonly "Merge Cond"?: string;
  readonly "Recheck Cond"?: string;
  readonly "Total Cost": number;
  readonly Plans?: readonly PlanNode[];
}

const ANY = ["null", "null", "null", "null"];
const LATER = "80000000-0000-4000-8000-000000000000";
/** The statements of operators over dead letters and everything else that may be many, on a later page. */
function operatorStatements(): Readonly<Record<string, readonly string[]>> {
  const selection = (states: string) => ["null", LATER, "null", states, ...ANY, "null", "10000", "500"];
  const among = ["null", "null", `{${LATER}}`, "{dead,completed}", ...ANY, "null", "10000", "500"];
  return {
    "dead/letters": [...ANY, "1700000000000000", LATER, "100"],
    "dead/groups": [...ANY, "f00d", "bench", "default", "5"],
    "dead/depths": ["1000"],
    "operation/members": [...selection("{dead,completed,cancelled}"), "t"],
    "operation/members-among": [...among, "f"],
    "operation/count": selection("{ready,running,scheduled}"),
    "operation/count-among": among,
    "operation/canary": [`{${LATER}}`],
  };
}

/** The statements of the hot path and of rescue, with what they get for a batch of a thousand. */
function statements(ids: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const list = (values: readonly (string | number)[]) => `{${values.join(",")}}`;
  const tokens = ids.map((_, index) => index + 1);
  const wants = JSON.stringify([
    {
      queue: "default",
      max: 1_000,
      names: ["bench"],
      classes: [0, 1, 2, 3, 4],
      floors: [null, null, 1_000, null, null],
      one: 1,
    },
  ]);
  const lease = "01900000-0000-7000-8000-000000000001";
  const rows = (extra: object) =>
    JSON.stringify(ids.map((id, index) => ({ id, token: tokens[index], ...extra })));
  return {
    "job/claim": [wants, lease, "worker", "15000"],
    "job/claim-solo": [wants, lease, "worker", "15000"],
    "job/claim-overdue": [
      wants,
      lease,
      "worker",
      "15000",
      "100",
      list([1_000, 5_000, 30_000, 60_000, 600_000]),
    ],
    "holder/complete": [
      list(ids),
      list(tokens),
      JSON.stringify(ids.map(() => "{}")),
      list(ids.map(() => 1)),
      list(ids.map(() => 1)),
      "t",
    ],
    "signal/offer": [ids[0] ?? lease, "default", "bench", "", "2", "3", "0{}", lease, "{}"],
    "holder/end": [
      rows({ dead: false, record: "{}", ran: 1, wait: 1, run: 1, measures: { "failed:timeout": 1 } }),
    ],
    "holder/fence": [rows({ write: 1, checkpoint: "x" }), "t"],
    "holder/requeue": [
      rows({ kind: "retry", delay: 1, started: true, wakeat: 0, record: "{}", measures: { ran: 1 } }),
    ],
    "holder/suspend": [rows({ policy: 1, target: null, measures: { ran: 1 } })],
    "holder/classify": [JSON.stringify(ids)],
    "lease/extend": [list([lease]), "worker", "15000"],
    "lease/drop": [list([lease]), "worker"],
    "lease/rescue": ["100"],
    ...operatorStatements(),
    "job/reprioritise": [list(ids), "1", list(["key"])],
    "job/explain": [list(ids.slice(0, 1))],
    "health/backlog": ["10000"],
    "schedule/jobs": [list(ids)],
    "run/has-stranded": [],
    "run/stranded": ["100"],
    "run/find": [...ANY, "null", "50"],
    "run/among": [`{${LATER}}`, ...ANY, "null", "50"],
    "run/of-instance": ["bench", "7", "", "null", "null", "50"],
  };
}

const CONDITIONS = [
  "Index Cond",
  "Recheck Cond",
  "Filter",
  "Join Filter",
  "Hash Cond",
  "Merge Cond",
] as const satisfies readonly (keyof PlanNode)[];

const NAMES = Object.keys(statements([]));
/** What holders write with: it matches id and token, and never asks for a state, which the token says already. */
const HOLDER_WRITES = ["holder/complete", "holder/end", "holder/fence", "holder/requeue", "holder/suspend"];
const ASKING = "asking for the state: ";
const database = new pg.Client(testPostgresUrl());

beforeAll(async () => {
  await makeSchema(database, SCHEMA);
  await fill();
  const ids = await database.query<{ id: string }>(`select id from ${SCHEMA}.job where class = 2 limit 1000`);
  const values = statements(ids.rows.map(({ id }) => id));
  for (const name of NAMES) await prepare(name, textOf(name), values[name] ?? []);
  for (const name of HOLDER_WRITES) await prepare(ASKING + name, askingForState(name), values[name] ?? []);
});
afterAll(() => dropSchema(database, SCHEMA));

const calls = new Map<string, string>();

async function prepare(name: string, text: string, values: readonly string[]): Promise<void> {
  await database.query(`prepare "${name}" as ${text}`);
  const given = values.length === 0 ? "" : `(${values.map(literal).join(", ")})`;
  calls.set(name, `execute "${name}"${given}`);
}

/** The statement, but it takes a job for held only where its state says so too. */
function askingForState(name: string): string {
  const text = textOf(name);
  const asking = text.replaceAll(/\b(\w+)\.token = (?:\w+\.token|any\([^)]*\))/g, "$& and $1.state = 1");
  if (asking === text) throw new Error(`${name} does not say any more how it matches tokens`);
  return asking;
}

/** Half a million jobs due later in the classes above, a few due ones, history; statistics of a time when nothing ran. */
async function fill(): Promise<void> {
  const job = (count: number, klass: string, dueIn: string) =>
    `insert into ${SCHEMA}.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
     select gen_random_uuid(), now() + ${dueIn} + n * interval '1 ms', now(), 3, ${klass}, 'default', 'bench', '', '0{}'
     from generate_series(1, ${count}) n`;
  await database.query(job(DELAYED, "n % 2", "interval '1 hour'"));
  await database.query(job(QUEUED, "2", "interval '-1 hour'"));
  for (const history of ["finished", "dead"])
    await database.query(
      `insert into ${SCHEMA}.${history} (id, generation, token, created_at, run_at, finished_at, attempts, interruptions,
       snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, records, fingerprint)
     select gen_random_uuid(), 1, -n, now(), now(), now() + n * interval '1 ms', 1, 0, 0, 0, 3, 2, 4, 'default', 'bench', '', '0{}', '', 'f' || n % 100
     from generate_series(1, 50000) n`,
    );
  await database.query(
    `insert into ${SCHEMA}.lease (id, worker, until, solo, ids)
     select gen_random_uuid(), 'worker', now() + interval '1 hour', false, array[gen_random_uuid()]
     from generate_series(1, 2000)`,
  );
  await database.query(
    `insert into ${SCHEMA}.run (id, definition, instance, tenant, state, coordinator, created_at, params)
     select gen_random_uuid(), 'bench', n::text, '', case n % 1000 when 0 then 'running' else 'completed' end,
       gen_random_uuid(), now(), '{}'
     from generate_series(1, 20000) n`,
  );
  await database.query("analyze");
}

function textOf(name: string): string {
  return textIn(SCHEMA, name);
}

function literal(value: string): string {
  return value === "null" ? value : pg.escapeLiteral(value);
}

/** Every condition put to rows of the table, at their scan or at a join. */
function conditionsOn(table: string, nodes: readonly PlanNode[]): readonly string[] {
  const scans = nodes.filter((node) => node["Relation Name"] === table);
  const columns = new RegExp(`\\b(?:${scans.map((node) => node.Alias).join("|")})\\.`);
  return nodes.flatMap((node) =>
    CONDITIONS.flatMap((kind) => node[kind] ?? []).filter(
      (condition) => scans.includes(node) || columns.test(condition),
    ),
  );
}

async function planOf(name: string, mode: string): Promise<readonly PlanNode[]> {
  await database.query(`set plan_cache_mode = ${mode}`);
  const { rows } = await database.query(`explain (format json) ${calls.get(name)}`);
  return [...nodesOf(rows[0]["QUERY PLAN"][0].Plan)];
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}

describe.each(["force_generic_plan", "force_custom_plan"])("with %s", (mode) => {
  test.each(NAMES)("%s reads no growing table whole, and is not compiled", async (name) => {
    const nodes = await planOf(name, mode);
    const whole = nodes.filter(
      (node) => node["Node Type"] === "Seq Scan" && GROWING.has(node["Relation Name"] ?? ""),
    );
    expect(whole.map((node) => node["Relation Name"])).toEqual([]);
    expect(nodes[0]?.["Total Cost"]).toBeLessThan(JIT_ABOVE_COST);
  });

  test("claim looks into each class by due time", async () => {
    const ready = (await planOf("job/claim", mode)).find((node) => node["Index Name"] === "job_ready");
    expect(ready?.["Index Cond"]).toMatch(/queue.*class.*run_at/s);
  });

  test.each(["run/has-stranded", "run/stranded"])("%s looks at active runs alone", async (name) => {
    const indexes = (await planOf(name, mode)).map((node) => node["Index Name"]);
    expect(indexes).toEqual(expect.arrayContaining(["run_active", "job_pkey", "job_run"]));
  });

  test("an instance's runs are found by its index", async () => {
    const indexes = (await planOf("run/of-instance", mode)).map((node) => node["Index Name"]);
    expect(indexes).toContain("run_instance");
  });

  test("rescue finds leases by their deadline", async () => {
    const nodes = await planOf("lease/rescue", mode);
    expect(nodes.map((node) => node["Index Name"])).toContain("lease_until");
  });

  test.each(HOLDER_WRITES)("%s finds jobs by their id, and asks for no state", async (name) => {
    const nodes = await planOf(name, mode);
    expect(nodes.map((node) => node["Index Name"])).toContain("job_pkey");
    expect(conditionsOn("job", nodes).filter(isAboutState)).toEqual([]);
  });

  test.each(HOLDER_WRITES)("is caught: %s asks for the state", async (name) => {
    const nodes = await planOf(ASKING + name, mode);
    expect(conditionsOn("job", nodes).filter(isAboutState)).not.toEqual([]);
  });
});

function isAboutState(condition: string): boolean {
  return /\bstate\b/.test(condition);
}
