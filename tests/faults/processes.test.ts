/** Faults of worker processes: killed, blocked, and with a clock that is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobId, JobRow, LeaseId } from "@millrace/core";
import { newId } from "@millrace/core";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { RaceProcess, type RaceProgram, type RaceWorker } from "../races/race-process.ts";
import { type RaceStore, raceJob, raceStore } from "../races/race-store.ts";
import { allEnded, enqueueEach, report, unharmed, verdictOf } from "./verdict.ts";

const JOBS = 300;
const HOUR_MS = 3_600_000;
const MINUTES_MS = 600_000;
const LEASES = { lease: "1s", sweep: "200ms", concurrency: 10 };

let race: RaceStore;
let processes: RaceProcess[] = [];

afterEach(async () => {
  for (const each of processes) await each.destroy();
  processes = [];
  await race.remove();
});

function start(handler: RaceWorker["handler"], worker: object = {}, program: RaceProgram = {}): RaceProcess {
  const { url, schema } = race;
  const started = new RaceProcess({ url, schema, handler, worker: { ...LEASES, ...worker } }, program);
  processes.push(started);
  return started;
}

async function rowsOf(ids: readonly JobId[]): Promise<readonly JobRow[]> {
  return (await race.mr.store.find({ ids }, { limit: ids.length })).rows;
}

/** Prints the figures and gives the verdict. */
async function judge(fault: string, ids: readonly JobId[], sinceMs: number): Promise<void> {
  await allEnded(race.mr, ids);
  const allEndedMs = performance.now() - sinceMs;
  const rescued = (await rowsOf(ids)).filter(({ rescues }) => rescues > 0).length;
  const verdict = await verdictOf(race.mr, ids);
  report(fault, verdict, { rescued, allEndedMs });
  expect(verdict).toEqual(unharmed(ids));
  expect(rescued).toBeGreaterThan(0);
}

test("a worker killed (SIGKILL) with jobs in hand: others end them all, each once", async () => {
  race = await raceStore(testPostgresUrl(), "fault_worker_killed");
  const ids = await enqueueEach(race.mr, Array.from({ length: JOBS }));
  const killed = start("slow", { waits: true });
  await killed.hears("started");
  killed.signal("SIGKILL");
  const killedAtMs = performance.now();
  start("slow");
  await judge("worker killed", ids, killedAtMs);
});

test("a worker whose event loop is blocked loses its jobs to others, and changes nothing afterwards", async () => {
  race = await raceStore(testPostgresUrl(), "fault_blocked");
  const ids = await enqueueEach(race.mr, Array.from({ length: JOBS }));
  const folder = mkdtempSync(join(tmpdir(), "millrace-blocked-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const blockUntil = join(folder, "go on");
  const blocked = start("block", { blockUntil, maxBlock: "500ms" });
  await blocked.hears("started");
  const blockedAtMs = performance.now();
  start("slow");
  await judge("event loop blocked", ids, blockedAtMs);
  const before = await rowsOf(ids);
  writeFileSync(blockUntil, "");
  expect((await blocked.hears("trouble")).message).toMatch(/event loop was blocked for \d+\.\d s|lease/);
  await blocked.stop();
  expect(await rowsOf(ids)).toEqual(before);
  expect(await verdictOf(race.mr, ids)).toEqual(unharmed(ids));
});

test("workers whose clocks are an hour off decide nothing else than others", async () => {
  race = await raceStore(testPostgresUrl(), "fault_clocks");
  const { mr } = race;
  const held = await heldElsewhere();
  const far = await mr.enqueue(raceJob, null, { delay: "30m" });
  const fresh = await mr.enqueue(raceJob, null, { delay: "10m", ttl: "30m" });
  const soon = await mr.enqueue(raceJob, null, { delay: "1s" });
  const inputs = Array.from({ length: JOBS }, (_, index) => (index < 5 ? { failsOnce: true } : null));
  const ids = [soon.id, ...(await enqueueEach(mr, inputs))];
  // Leases that no slow machine outlasts, and that are over by one of the clocks. Neither begins before both hold jobs.
  const worker = { lease: MINUTES_MS, waits: true };
  const clocks = ["+1h", "-1h"].map((clock) => start("slow", worker, { clock }));
  const said = await Promise.all(clocks.map((each) => each.hears("started")));
  for (const each of clocks) each.goOn();
  const offMs = said.map(({ nowMs }) => nowMs - Date.now());
  for (const each of offMs) expect(Math.abs(Math.abs(each) - HOUR_MS)).toBeLessThan(MINUTES_MS);
  await allEnded(mr, ids);
  const shares = (await Promise.all(clocks.map((each) => each.stop()))).map((ran) => ran.length);
  const verdict = await verdictOf(mr, ids);
  report("clocks an hour off", verdict, { ranAhead: shares[0] ?? 0, ranBehind: shares[1] ?? 0 });
  expect(verdict).toEqual(unharmed(ids));
  expect(await statesOf([held, far.id, fresh.id])).toEqual(["running", "scheduled", "scheduled"]);
  for (const { rescues } of await rowsOf([held, ...ids])) expect(rescues).toBe(0);
  for (const id of [soon.id, ...ids.slice(0, 10)]) await expectOurTime(id);
});

/** A job of another name whose lease runs for a while yet. */
async function heldElsewhere(): Promise<JobId> {
  const { store } = race.mr;
  const id = newId<JobId>();
  const kept = {
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: '0{"payload":null}',
  } as const;
  await store.enqueue([{ id, queue: "elsewhere", name: "elsewhere", ...kept }]);
  const wants = [{ queue: "elsewhere", max: 1, names: ["elsewhere"] }];
  await store.claim(wants, { worker: "elsewhere", lease: newId<LeaseId>(), leaseMs: MINUTES_MS });
  return id;
}

async function statesOf(ids: readonly JobId[]): Promise<readonly unknown[]> {
  return Promise.all(ids.map((id) => race.mr.jobs.status(id)));
}

/** What is kept of a job has the store's time, whoever ran it. */
async function expectOurTime(id: JobId): Promise<void> {
  const { startedAt, finishedAt } = (await race.mr.jobs.get(id)) ?? {};
  for (const at of [startedAt, finishedAt]) {
    expect(Math.abs(Date.parse(at ?? "") - Date.now())).toBeLessThan(MINUTES_MS);
  }
}
