/** Faults of a PostgreSQL server under a running worker: it goes on by itself, and nothing is lost or done twice. */
import type { JobId } from "@millrace/core";
import { createPgClient, type SqlClient } from "@millrace/postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { type RaceStore, raceJob, raceStore } from "../races/race-store.ts";
import { type FaultWorker, type FaultWorkerOptions, faultWorker, recoveryMs } from "./fault-worker.ts";
import { allEnded, enqueueEach, report, unharmed, verdictOf } from "./verdict.ts";

const JOBS = 300;
const CUTS = 5;
const WAIT = { timeout: 60_000, interval: 20 };

let server: Awaited<ReturnType<typeof startPostgres>>;
let admin: SqlClient;
let race: RaceStore;
let worker: FaultWorker;

beforeAll(async () => {
  server = await startPostgres();
  admin = createPgClient({ url: writing(server.url), poolSize: 2 });
  await admin.open();
});

afterEach(async () => {
  await setting("reset all");
  await worker.stop();
  await race.remove();
});

afterAll(async () => {
  await admin.close();
  await server.stop();
});

/** Sessions that write whatever the server is set to. */
function writing(url: string): string {
  return `${url}?options=${encodeURIComponent("-c default_transaction_read_only=off -c statement_timeout=0")}`;
}

/** Jobs, and a worker that has begun with them. */
async function underWay(
  schema: string,
  { client, worker: given }: FaultWorkerOptions = {},
): Promise<readonly JobId[]> {
  race = await raceStore(server.url, schema);
  const ids = await enqueueEach(race.mr, Array.from({ length: JOBS }));
  const url = `${server.url}?application_name=${schema}`;
  worker = faultWorker(race, { client: { url, ...client }, worker: given ?? {} });
  await expect.poll(() => worker.begun, WAIT).toBeGreaterThan(JOBS / 10);
  return ids;
}

async function setting(change: string): Promise<void> {
  await admin.query(`alter system ${change}`);
  await admin.query("select pg_reload_conf()");
}

/** What the worker was told since, by SQLSTATE or code. */
function troubles(): ReadonlySet<unknown> {
  return new Set(
    worker.errors.flatMap((error) => {
      const { code, details } = error as { code?: string; details?: { sqlState?: string } };
      return [code, details?.sqlState].filter((each) => each !== undefined);
    }),
  );
}

/** A job more, sent until it is acknowledged. */
async function oneMore(): Promise<JobId> {
  for (;;) {
    const [id] = await enqueueEach(race.mr, [null]);
    if (id !== undefined) return id;
  }
}

/** Adds a last job, waits for all, prints the figures and gives the verdict. `healedAtMs`: when the fault was over. */
async function expectUnharmed(fault: string, before: readonly JobId[], healedAtMs: number): Promise<void> {
  const ids = [...before, await oneMore()];
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  const runAgain = worker.begun - ids.length;
  report(fault, verdict, { runAgain, recoveryMs: await recoveryMs(worker, healedAtMs) });
  expect(verdict).toEqual(unharmed(ids));
}

test("PostgreSQL killed (SIGKILL) under work: what was acknowledged, before and meanwhile, ends once", async () => {
  // Longer than the server is away: what has run is settled then, and need not run again.
  const before = await underWay("fault_killed", { worker: { lease: "5s" } });
  const meanwhile = enqueueEach(race.mr, Array.from({ length: JOBS }));
  await server.crash();
  const healedAtMs = performance.now();
  const ids = [...before, ...(await meanwhile)];
  await expectUnharmed("PostgreSQL killed", ids, healedAtMs);
});

test("a server that takes no writes for a while (25006): the worker waits, says so, and goes on", async () => {
  const ids = [...(await underWay("fault_read_only"))];
  await setting("set default_transaction_read_only = on");
  await expect.poll(troubles, WAIT).toContain("25006");
  // Other sessions may hear of the setting a moment later than the worker's.
  const enqueue = () =>
    race.mr.enqueue(raceJob, null).then(
      ({ id }) => ids.push(id),
      (error: unknown) => error,
    );
  await expect.poll(enqueue, WAIT).toMatchObject({
    code: "store-unreachable",
    message: expect.stringContaining("takes no writes"),
  });
  await setting("reset default_transaction_read_only");
  await expectUnharmed("read-only server", ids, performance.now());
});

test("a fail-over (57P01, then 25006 on the next connection): the writer is found again", async () => {
  const ids = await underWay("fault_fail_over");
  await setting("set default_transaction_read_only = on");
  await cut("fault_fail_over");
  await expect.poll(troubles, WAIT).toContain("25006");
  await setting("reset default_transaction_read_only");
  await expectUnharmed("fail-over", ids, performance.now());
});

test("connections cut again and again while jobs run: the worker lives on after each", async () => {
  const ids = [...(await underWay("fault_cut"))];
  let cutAtMs = 0;
  for (let times = 0; times < CUTS; times += 1) {
    await expect.poll(() => cut("fault_cut"), WAIT).toBeGreaterThan(0);
    cutAtMs = performance.now();
    const settled = worker.settledAtMs.length;
    ids.push(...(await enqueueEach(race.mr, Array.from({ length: JOBS / CUTS }))));
    await expect.poll(() => worker.settledAtMs.length, WAIT).toBeGreaterThan(settled);
  }
  await expectUnharmed("connections cut", ids, cutAtMs);
});

test("statements stopped by the server's statement_timeout (57014) are sent again once they can run", async () => {
  const ids = await underWay("fault_statement");
  await setting("set statement_timeout = '100ms'");
  await lockedUntil("fault_statement", "57014");
  const healedAtMs = performance.now();
  await setting("reset statement_timeout");
  await expectUnharmed("statement time-out", ids, healedAtMs);
});

test("statements that never return are given up by the client's own deadline, and sent again", async () => {
  const ids = await underWay("fault_deadline", { client: { callTimeoutMs: 1_000 } });
  await lockedUntil("fault_deadline", "deadline-exceeded");
  await expectUnharmed("calls without an answer", ids, performance.now());
});

/** Keeps everybody from writing jobs until the worker has met this trouble. */
async function lockedUntil(schema: string, trouble: string): Promise<void> {
  await admin.transaction(async (sql) => {
    await sql.query(`lock table ${schema}.job in exclusive mode`);
    await expect.poll(troubles, WAIT).toContain(trouble);
  });
}

/** Ends the worker's connections; how many there were. */
async function cut(application: string): Promise<number> {
  const ended = await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
    [application],
  );
  return ended.length;
}
