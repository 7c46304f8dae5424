/** Other sessions of the server in the way: deadlocks they provoke, and snapshots they hold open. */
import type { JobId } from "@millrace/core";
import { createPgClient, type SqlClient } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type RaceStore, raceJob, raceStore } from "../races/race-store.ts";
import { type FaultWorker, faultWorker, recoveryMs } from "./fault-worker.ts";
import { allEnded, enqueueEach, report, unharmed, verdictOf } from "./verdict.ts";

const WAIT = { timeout: 60_000, interval: 10 };
const MANY = 2_000;

const foreign: SqlClient = createPgClient({ url: testPostgresUrl(), poolSize: 2 });
let race: RaceStore;
let worker: FaultWorker | undefined;

beforeAll(() => foreign.open());
afterAll(() => foreign.close());
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  await race.remove();
});

test("a deadlock that a foreign session provokes is run again: the attempts' endings hold", async () => {
  race = await raceStore(testPostgresUrl(), "fault_deadlock");
  const ids = [...(await enqueueEach(race.mr, [null, null]))].sort();
  const deadlocks = await deadlocksSoFar();
  let healedAtMs = 0;
  let letGo: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const client = { url: `${testPostgresUrl()}?application_name=fault_deadlock` };
  worker = faultWorker(race, { client, worker: { lease: "30s" }, run: () => both });
  await expect.poll(() => worker?.begun, WAIT).toBe(2);
  await foreign.transaction(async (sql) => {
    const lock = "select id from fault_deadlock.job where id = $1::uuid for update";
    await sql.query(lock, [ids[1]]);
    letGo();
    // The settlement has the first row and waits for the second: it began to wait first, so it is the one to find out.
    await expect.poll(() => waitsForRow("fault_deadlock"), WAIT).toBe(true);
    await sql.query(lock, [ids[0]]);
    healedAtMs = performance.now(); // the worker may go on before this session hears of its commit
  });
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("deadlock", verdict, { runAgain: worker.begun - 2, recoveryMs: recoveryMs(worker, healedAtMs) });
  expect(verdict).toEqual(unharmed(ids));
  expect(worker.begun).toBe(2);
  // The foreign session came through, so the worker's was the victim; nobody was told, for nothing came of it.
  await expect.poll(deadlocksSoFar, WAIT).toBeGreaterThan(deadlocks);
  expect(worker.errors).toEqual([]);
});

async function deadlocksSoFar(): Promise<number> {
  const [row] = await foreign.query<{ deadlocks: string }>(
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  return Number(row?.deadlocks);
}

/** Whether a settlement of the application waits for a lock. */
async function waitsForRow(application: string): Promise<boolean> {
  const waiting = await foreign.query(
    `select pid from pg_stat_activity
     where application_name = $1 and wait_event_type = 'Lock' and query like '-- holder/%'`,
    [application],
  );
  return waiting.length > 0;
}

test("a snapshot held open neither holds up jobs and events nor hides any", async () => {
  race = await raceStore(testPostgresUrl(), "fault_snapshot");
  const before = await rate();
  let held = { perSecond: 0, ids: [] as readonly JobId[] };
  await foreign.transaction(async (sql) => {
    await sql.script("set transaction isolation level repeatable read");
    const [old] = await sql.query<{ jobs: number }>(
      "select count(*)::int as jobs from fault_snapshot.finished",
    );
    held = await rate();
    expect(await sql.query("select count(*)::int as jobs from fault_snapshot.finished")).toEqual([old]);
    const verdict = await verdictOf(race.mr, held.ids);
    report("snapshot held open", verdict, { perSecondBefore: before.perSecond, perSecond: held.perSecond });
    expect(verdict).toEqual(unharmed(held.ids));
  });
  expect(await verdictOf(race.mr, [...before.ids, ...held.ids])).toEqual(
    unharmed([...before.ids, ...held.ids]),
  );
});

/** How fast a worker ends many jobs. */
async function rate(): Promise<{ readonly perSecond: number; readonly ids: readonly JobId[] }> {
  const ids = await enqueueEach(race.mr, Array.from({ length: MANY }));
  const begunAtMs = performance.now();
  const mine = faultWorker(race, { run: () => undefined, worker: { concurrency: 50 } });
  await allEnded(race.mr, ids);
  const perSecond = (1_000 * MANY) / (performance.now() - begunAtMs);
  await mine.stop();
  return { perSecond, ids };
}

test("handlers that never return give their slots back, and the worker stops all the same", async () => {
  race = await raceStore(testPostgresUrl(), "fault_never");
  const ids = await enqueueEach(race.mr, [
    ...Array.from({ length: 4 }, () => "never"),
    ...Array.from({ length: 40 }, () => "at once"),
  ]);
  worker = faultWorker(race, {
    worker: { concurrency: 4, grace: "100ms", drain: "100ms" },
    timeoutMs: 200,
    run: (input) => (input === "never" ? new Promise(() => undefined) : "done"),
  });
  const begunAtMs = performance.now();
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("handlers that never return", verdict, { blockedMs: recoveryMs(worker, begunAtMs) });
  expect(verdict).toEqual({ ...unharmed(ids), completed: 40, dead: 4 });
  expect(worker.errors.map((error) => (error as { code: unknown }).code)).toEqual(
    Array.from({ length: 4 }, () => "handler-stuck"),
  );
  await worker.stop();
  const more = await race.mr.enqueue(raceJob, "at once");
  worker = faultWorker(race);
  expect(await more.result({ timeout: "1m" })).toBeUndefined();
});
