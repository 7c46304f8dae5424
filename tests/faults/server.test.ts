/** Faults of a PostgreSQL server under a running worker: it goes on by itself, and nothing is lost or done twice. */
import type { JobId } from "@millrace/core";
import { createPgClient, type SqlClient } from "@millrace/postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { type RaceStore, raceStore } from "../races/race-store.ts";
import { type FaultWorker, faultWorker } from "./fault-worker.ts";
import { allEnded, enqueueEach, report, unharmed, verdictOf } from "./verdict.ts";

const JOBS = 300;
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
async function underWay(schema: string, client: object = {}): Promise<readonly JobId[]> {
  race = await raceStore(server.url, schema);
  const ids = await enqueueEach(race.mr, Array.from({ length: JOBS }));
  worker = faultWorker(race, { client: { url: `${server.url}?application_name=${schema}`, ...client } });
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

test("PostgreSQL killed (SIGKILL) under work: what was acknowledged, before and meanwhile, ends once", async () => {
  const before = await underWay("fault_killed");
  const meanwhile = enqueueEach(race.mr, Array.from({ length: JOBS }));
  await server.crash();
  const recoveryMs = await worker.nextBegun();
  const ids = [...before, ...(await meanwhile)];
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("PostgreSQL killed", verdict, { recoveryMs });
  expect(verdict).toEqual(unharmed(ids));
});

test("a server that takes no writes for a while (25006): the worker waits, says so, and goes on", async () => {
  const ids = await underWay("fault_read_only");
  await setting("set default_transaction_read_only = on");
  await expect.poll(troubles, WAIT).toContain("25006");
  await expect(race.mr.enqueue("race" as never)).rejects.toMatchObject({ code: "store-unreachable" });
  await setting("reset default_transaction_read_only");
  const recoveryMs = await worker.nextBegun();
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("read-only server", verdict, { recoveryMs });
  expect(verdict).toEqual(unharmed(ids));
});

test("a fail-over (57P01, then 25006 on the next connection): the writer is found again", async () => {
  const ids = await underWay("fault_fail_over");
  await setting("set default_transaction_read_only = on");
  await cut("fault_fail_over");
  await expect.poll(troubles, WAIT).toContain("25006");
  expect(troubles()).toContain("store-unreachable");
  await setting("reset default_transaction_read_only");
  const recoveryMs = await worker.nextBegun();
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("fail-over", verdict, { recoveryMs });
  expect(verdict).toEqual(unharmed(ids));
});

test("connections cut again and again while jobs run: the worker lives on after each", async () => {
  const ids = await underWay("fault_cut");
  let cuts = 0;
  for (let times = 0; times < 5; times += 1) {
    cuts += await cut("fault_cut");
    await worker.nextBegun();
  }
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("connections cut", verdict, { cuts });
  expect(cuts).toBeGreaterThanOrEqual(5);
  expect(verdict).toEqual(unharmed(ids));
});

test("statements stopped by the server's statement_timeout (57014) are sent again once they can run", async () => {
  const ids = await underWay("fault_statement");
  await setting("set statement_timeout = '100ms'");
  await admin.transaction(async (sql) => {
    await sql.query("lock table fault_statement.job in exclusive mode");
    await expect.poll(troubles, WAIT).toContain("57014");
  });
  const recoveryMs = await worker.nextBegun();
  await setting("reset statement_timeout");
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("statement time-out", verdict, { recoveryMs });
  expect(verdict).toEqual(unharmed(ids));
});

test("statements that never return are given up by the client's own deadline, and sent again", async () => {
  const ids = await underWay("fault_deadline", { callTimeoutMs: 300 });
  await admin.transaction(async (sql) => {
    await sql.query("lock table fault_deadline.job in exclusive mode");
    await expect.poll(troubles, WAIT).toContain("deadline-exceeded");
  });
  const recoveryMs = await worker.nextBegun();
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("calls without an answer", verdict, { recoveryMs });
  expect(verdict).toEqual(unharmed(ids));
});

/** Ends the worker's connections; how many there were. */
async function cut(application: string): Promise<number> {
  const ended = await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
    [application],
  );
  return ended.length;
}
