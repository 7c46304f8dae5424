/** Processes that fire the same schedule on PostgreSQL, some of them killed at the very tick. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createMillrace, defineJob, type JobRecord, type Millrace } from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("firer.mjs", import.meta.url));
const SCHEMA = "schedule_firers";
const TICK_MS = 1_000;
const DEATHS = ["before", "within", "after"] as const;
const SURVIVORS = 3;

const tick = defineJob({ name: "tick", queue: "ticks" });

let client: SqlClient;
let mr: Millrace;
let children: ChildProcess[] = [];

beforeEach(async () => {
  client = createPgClient({ url: testPostgresUrl() });
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  mr = createMillrace({ store: sqlStore(createPgClient({ url: testPostgresUrl() }), { schema: SCHEMA }) });
  await mr.open();
});

afterEach(async () => {
  for (const child of children.filter(isAlive)) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  children = [];
  await mr.close();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function start(dies?: (typeof DEATHS)[number] | "freezes"): ChildProcess {
  const words = [JSON.stringify({ url: testPostgresUrl(), schema: SCHEMA, dies })];
  const child = fork(PROGRAM, words, { execArgv: [] });
  children.push(child);
  return child;
}

/** Waits until the schedule is due next at or after this time: all fires before it are made. */
async function firedUntil(untilMs: number): Promise<void> {
  while (Date.parse((await mr.schedules.get("ticks"))?.nextAt ?? "") < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS / 4));
  }
}

/** Every tick's job so far, newest first. */
async function ticks(): Promise<readonly JobRecord[]> {
  return (await mr.jobs.list({ name: "tick", limit: 200 })).rows;
}

test("every tick has one job, whichever firer is killed at it and wherever", {
  timeout: 120_000,
}, async () => {
  const set = await mr.schedule("ticks", { every: TICK_MS, run: tick, misfire: { backfill: 1_000 } });
  for (const dies of DEATHS) {
    const child = start(dies);
    await once(child, "exit");
    expect(child.signalCode).toBe("SIGKILL");
  }
  const before = await ticks();
  expect(before).toHaveLength(1); // the one that was killed after its commit
  const [doomed] = DEATHS.map((dies) => start(dies));
  const survivors = Array.from({ length: SURVIVORS }, () => start());
  if (doomed !== undefined) await once(doomed, "exit"); // it need not be first to die; the others must be
  const until = Date.parse((await mr.schedules.get("ticks"))?.nextAt ?? "") + 3 * TICK_MS;
  await firedUntil(until);
  await mr.schedules.pause("ticks");
  while ((await ticks()).some(({ state }) => state !== "completed")) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS / 4));
  }
  for (const child of survivors) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  const times = (await ticks()).map(({ result }) => Number(result)).toReversed();
  const first = Date.parse(set.nextAt ?? "");
  expect(times.length).toBeGreaterThan(3);
  expect(times).toEqual(times.map((_, index) => first + index * TICK_MS));
  expect((await mr.schedules.get("ticks"))?.lastAt).toBe(new Date(times.at(-1) ?? 0).toISOString());
});

test("a firer that is frozen at the tick keeps no other from it, and goes on with later ones when it is continued", {
  timeout: 120_000,
}, async () => {
  const set = await mr.schedule("ticks", { every: TICK_MS, run: tick, misfire: { backfill: 1_000 } });
  const first = Date.parse(set.nextAt ?? "");
  const frozen = start("freezes");
  await untilFrozen(frozen);
  const other = start();
  await firedUntil(first + 3 * TICK_MS);
  other.kill("SIGTERM");
  await once(other, "exit");
  const { nextAt } = (await mr.schedules.get("ticks")) ?? {};
  frozen.kill("SIGCONT");
  await firedUntil(Date.parse(nextAt ?? "") + 2 * TICK_MS);
  await mr.schedules.pause("ticks");
  const times = (await ticks())
    .map(({ id }) => Number.parseInt(id.replace("-", "").slice(0, 12), 16))
    .toReversed();
  expect(times.length).toBeGreaterThanOrEqual(5);
  expect(times).toEqual(times.map((_, index) => first + index * TICK_MS));
});

/** Waits until the process has stopped itself. */
async function untilFrozen({ pid }: ChildProcess): Promise<void> {
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS / 10));
  }
}
