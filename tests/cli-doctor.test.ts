/** `doctor` against a server on which one thing after the other is wrong, and against one on which nothing is. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobId, newId, PRIORITIES, type Store, type WorkerId } from "@millrace/core";
import { createPgClient, createPgliteClient, serverHealth, sqlStore } from "@millrace/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { millrace } from "./millrace-command.ts";

interface Finding {
  readonly level: "ok" | "note" | "problem";
  readonly what: string;
  readonly where: string | null;
  readonly says: string;
  readonly todo: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "millrace-doctor-"));
let server: Awaited<ReturnType<typeof startPostgres>>;
let store: Store;
/** Holds nothing open between tests. */
let admin: Client;

beforeAll(async () => {
  server = await startPostgres();
  await asAdmin(async (client) => {
    await client.query("alter system set max_prepared_transactions = 5");
  });
  await server.crash(); // it takes a start to have an effect
  admin = await connected();
  store = sqlStore(createPgClient({ url: server.url }));
  await store.open();
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  await admin.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function connected(name = "admin"): Promise<Client> {
  const client = new Client({ connectionString: server.url, application_name: name });
  await client.connect();
  return client;
}

async function asAdmin(work: (client: Client) => Promise<void>): Promise<void> {
  const client = await connected();
  await work(client).finally(() => client.end());
}

async function doctor(...words: readonly string[]): Promise<{ code: number | null; findings: Finding[] }> {
  const environment = { MILLRACE_STORE: server.url };
  const { code, out } = await millrace(["doctor", "-o", "json", ...words], { folder, environment });
  return { code, findings: JSON.parse(out) };
}

/** The problems, which there must be, and which must each say what to do; exit 1 goes with them. */
async function problems(...words: readonly string[]): Promise<readonly Finding[]> {
  const { code, findings } = await doctor(...words);
  expect(code).toBe(1);
  const found = findings.filter(({ level }) => level === "problem");
  expect(found.filter(({ where, todo }) => where === null || todo === null)).toEqual([]);
  return found;
}

/** Changes settings and waits until new sessions have them. */
async function set(settings: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await admin.query(
      value === undefined ? `alter system reset ${name}` : `alter system set ${name} = ${value}`,
    );
  }
  await admin.query("select pg_reload_conf()");
  const [name = "", value = "on"] = Object.entries(settings).at(-1) ?? [];
  for (;;) {
    const { rows } = await admin.query(`show ${name}`);
    if (rows[0][name] === value) return;
  }
}

test("on a healthy server all is well: exit 0", async () => {
  const { code, findings } = await doctor();
  expect(code).toBe(0);
  expect(findings.filter(({ level }) => level === "problem")).toEqual([]);
  expect(findings.map(({ what }) => what)).toEqual([
    "node",
    "settings",
    "store",
    "durability",
    "settings of the server",
    "transactions",
    "pooler",
    "schema",
    "vectors",
    "clock",
    "table of jobs",
    "journal",
    "dead letters",
    "workers",
  ]);
});

test("for people each finding is a line, with what to do below", async () => {
  const environment = { MILLRACE_STORE: "postgres://127.0.0.1:1/db" };
  const { code, out } = await millrace(["doctor"], { folder, environment });
  expect(code).toBe(1);
  expect(out).toMatch(/^problem {2}store {2,}The store at 127\.0\.0\.1:1\/db cannot be reached: .*\n {9}→ /m);
});

test("a patience that is no duration is bad usage", async () => {
  expect(await millrace(["doctor", "--patience", "soon"], { folder })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--patience is "soon"'),
  });
});

test("what is wrong with a server is found, all at once", async () => {
  const idle = await connected("forgetful");
  await idle.query("begin");
  await idle.query("select pg_current_xact_id()");
  await admin.query("begin");
  await admin.query("select pg_current_xact_id()");
  await admin.query("prepare transaction 'left behind'");
  await admin.query("select pg_create_physical_replication_slot('nobody', true)");
  await set({ fsync: "off", full_page_writes: "off", synchronous_commit: "off" });
  const found = await problems("--patience", "0ms");
  await set({ fsync: undefined, full_page_writes: undefined, synchronous_commit: undefined });
  await admin.query("select pg_drop_replication_slot('nobody')");
  const patient = await doctor("--patience", "1h");
  await admin.query("rollback prepared 'left behind'");
  await idle.end();
  expect(found.map(({ what, says }) => `${what}: ${says}`).sort()).toEqual([
    expect.stringMatching(/^settings of the server: fsync is off: /),
    expect.stringMatching(/^settings of the server: full_page_writes is off: /),
    expect.stringMatching(/^settings of the server: synchronous_commit is off: /),
    expect.stringMatching(/^transactions: prepared transaction "left behind" of postgres is \d+ s old: /),
    expect.stringMatching(
      /^transactions: process \d+ \(forgetful\) of postgres has been idle in a transaction for \d+ s: /,
    ),
    expect.stringMatching(/^transactions: replication slot "nobody" is used by nobody and keeps \d+ MB /),
  ]);
  expect(patient.code).toBe(0);
});

test("sessions that a user may not look at are counted", async () => {
  await admin.query("create role limited login");
  const client = createPgClient({ url: server.url.replace("postgres@", "limited@") });
  await client.open();
  expect((await serverHealth(client, 0)).hiddenSessions).toBeGreaterThan(0);
  await client.close();
  await admin.query("drop role limited");
});

test("a migration that is missing is named", async () => {
  await admin.query("delete from millrace.migration where name = '0012-workers'");
  const found = await problems();
  await admin.query("insert into millrace.migration (name) values ('0012-workers')");
  expect(found).toMatchObject([{ what: "schema", says: "migrations pending: 0012-workers" }]);
});

test("what is wrong with a store is found, all at once", async () => {
  const clock = (now: string) =>
    `create or replace function millrace.store_now() returns timestamptz language sql stable as 'select ${now}'`;
  await leaveDeadRows();
  await admin.query(
    `insert into millrace.journal (at, kind, ids, delta)
     select now(), 'enqueued', '{}', '[]' from generate_series(1, 1000)`,
  );
  await leaveDeadLetters(1_001);
  await admin.query(clock("now() + interval ''1 hour''"));
  const found = await problems();
  await admin.query(clock("now()"));
  await admin.query("delete from millrace.dead");
  await admin.query("delete from millrace.journal");
  await admin.query("vacuum millrace.job");
  expect(found.map(({ what, says }) => `${what}: ${says}`)).toEqual([
    expect.stringMatching(/^clock: the store's clock is (59|60) min ahead of this process's$/),
    expect.stringMatching(/^table of jobs: 0 live and 10,001 dead rows, \d+ MB, vacuumed /),
    "journal: 1,000 rows not folded yet, the oldest 60 min old",
    "dead letters: 1,001 jobs failed for good, the oldest 3 d ago",
  ]);
});

async function leaveDeadRows(): Promise<void> {
  await admin.query("alter table millrace.job set (autovacuum_enabled = false)");
  await admin.query(
    `insert into millrace.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
     select gen_random_uuid(), now() + interval '1 day', now(), 3, 2, 'q', 'n', '', '0null'
     from generate_series(1, 10001)`,
  );
  await admin.query("delete from millrace.job");
  await admin.query("select pg_stat_force_next_flush()");
}

async function leaveDeadLetters(jobs: number): Promise<void> {
  await admin.query(
    `insert into millrace.dead (id, generation, token, created_at, run_at, finished_at, attempts, interruptions,
       snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, records)
     select gen_random_uuid(), 1, 1, now(), now(), now() - interval '3 days', 1, 0, 0, 0, 3, 2, 5, 'q', 'n', '', '0null', ''
     from generate_series(1, ${jobs})`,
  );
}

test("jobs that are due and that no live worker takes are named; a few dead letters are worth a note", async () => {
  const id = newId<JobId>();
  const job = { id, queue: "mail", name: "send", tenant: "", priority: "high", envelope: "0null" } as const;
  await store.enqueue([{ ...job, delayMs: 0, maxRescues: 3 }]);
  await leaveDeadLetters(1);
  const found = await problems("--patience", "0ms");
  const word = {
    id: newId<WorkerId>(),
    name: "w",
    host: "h",
    pid: 1,
    version: "1",
    upMs: 0,
    draining: false,
  };
  const takes = { queues: ["mail"], names: ["send"], priorities: PRIORITIES, concurrency: 1, running: 1 };
  await store.registerWorkers([{ ...word, ...takes }], { forMs: 600_000 });
  const served = await doctor("--patience", "0ms");
  await store.removeWorkers([word.id]);
  await store.cancel([id]);
  await admin.query("delete from millrace.dead");
  expect(found).toMatchObject([
    {
      what: "workers",
      where: 'queue "mail"',
      says: expect.stringContaining('"send" of class high: 1 job due'),
    },
  ]);
  expect(served.code).toBe(0);
  expect(served.findings).toContainEqual(
    expect.objectContaining({
      level: "note",
      what: "dead letters",
      says: "1 job failed for good, the oldest 3 d ago",
    }),
  );
});

test("of an embedded store, who has it in use, and how little room it has left", async () => {
  if (process.getuid?.() !== 0) throw new Error("A small disk is mounted for this test: run it as root.");
  const disk = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m", "tmpfs", disk]);
  try {
    const url = `file:${disk}/store`;
    const embedded = sqlStore(createPgliteClient({ directory: join(disk, "store"), durability: "process" }));
    await embedded.open();
    const held = await problems("--store", url);
    await embedded.migrate();
    await embedded.close();
    expect(held).toMatchObject([{ what: "lock", says: expect.stringContaining(`process ${process.pid} (`) }]);
    expect(await problems("--store", url)).toMatchObject([{ what: "disk", where: `${disk}/store` }]);
  } finally {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true, force: true });
  }
});
