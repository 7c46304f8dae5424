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

const foreign: SqlClient = createPgClient({ url: testPostgresUrl(), poolSize: 3 });
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
  const ids = [...(await enqueueEach(race.mr, [null, null, null]))].sort();
  const deadlocks = await deadlocksSoFar();
  const lock = "select id from fault_deadlock.job where id = $1::uuid for update";
  let healedAtMs = 0;
  let letGo: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const client = { url: `${testPostgresUrl()}?application_name=fault_deadlock` };
  worker = faultWorker(race, { client, worker: { lease: "30s" }, run: () => all });
  await expect.poll(() => worker?.begun, WAIT).toBe(3);
  await foreign.transaction(async (sql) => {
    // The settlement is the one to find out, however slow the machine is: this session is in no hurry to look.
    await sql.query("set local deadlock_timeout = '10min'");
    await sql.query(lock, [ids[2]]);
    let locked: Promise<unknown> = Promise.resolve();
    await foreign.transaction(async (gate) => {
      await gate.query(lock, [ids[1]]);
      letGo();
      await expect.poll(() => waiting("-- holder/"), WAIT).toBe(1); // it has the first row
      locked = sql.query(lock, [ids[0]]);
      await expect.poll(() => waiting(lock), WAIT).toBe(1);
    });
    await locked;
    healedAtMs = performance.now(); // the worker may go on before this session hears of its commit
  });
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("deadlock", verdict, {
    runAgain: worker.begun - ids.length,
    recoveryMs: await recoveryMs(worker, healedAtMs),
  });
  expect(verdict).toEqual(unharmed(ids));
  expect(worker.begun).toBe(ids.length);
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

/** How many sessions wait for a lock with a statement that begins like this. */
async function waiting(statement: string): Promise<number> {
  const sessions = await foreign.query(
    "select pid from pg_stat_activity where wait_event_type = 'Lock' and starts_with(query, $1)",
    [statement],
  );
  return sessions.length;
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
    worker: { concurrency: 4, grace: "100ms", drain: "100ms", lease: "1m" },
    timeoutMs: 200,
    run: (input) => (input === "never" ? new Promise(() => undefined) : "done"),
  });
  const begunAtMs = performance.now();
  await allEnded(race.mr, ids);
  const verdict = await verdictOf(race.mr, ids);
  report("handlers that never return", verdict, { blockedMs: await recoveryMs(worker, begunAtMs) });
  expect(verdict).toEqual({ ...unharmed(ids), completed: 40, dead: 4 });
  expect(worker.errors.map((error) => (error as { code: unknown }).code)).toEqual(
    Array.from({ length: 4 }, () => "handler-stuck"),
  );
  await worker.stop();
  const more = await race.mr.enqueue(raceJob, "at once");
  worker = faultWorker(race);
  expect(await more.result({ timeout: "1m" })).toBeUndefined();
});
