/** Measures the scripts roughly: jobs a second, and what a job costs Redis's one thread and its memory. */
import type { ClaimedJob, LeaseId, NewJob } from "@millrace/core";
import { type JobId, newId } from "@millrace/core";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, it } from "vitest";
import { connect, removeKeys } from "./redis-home.ts";
import { redisStore } from "./redis-store.ts";

const JOBS = 50_000;
const BATCH = 500;
const QUEUE = "work";
const PREFIX = "{measure}:";
const redis: Redis = connect();
const store = redisStore({ redis, prefix: PREFIX, clock: "server" });
const rows: string[] = [];

beforeAll(() => redis.connect());
afterAll(async () => {
  await removeKeys(redis, PREFIX);
  redis.disconnect();
  console.log(rows.join("\n"));
});

it("enqueue, claim, settle", async () => {
  const before = await usedMemory();
  await measure("enqueue", () => each(batches(newJobs(JOBS, "task")), (jobs) => store.enqueue(jobs)));
  rows.push(`bytes per queued job: ${Math.round(((await usedMemory()) - before) / JOBS)}`);
  const held: (readonly ClaimedJob[])[] = [];
  await measure("claim, one name", async () => {
    for (let left = JOBS; left > 0; left -= BATCH) held.push(await claim(["task"]));
  });
  await measure("settle completed", () => each(held, complete));
});

it("claim with twenty names", async () => {
  await each(batches(newJobs(JOBS, "task-7")), (jobs) => store.enqueue(jobs));
  const names = Array.from({ length: 20 }, (_, index) => `task-${index}`);
  const held: (readonly ClaimedJob[])[] = [];
  await measure("claim, twenty names", async () => {
    for (let left = JOBS; left > 0; left -= BATCH) held.push(await claim(names));
  });
  await each(held, complete);
});

it("spawn and wake", async () => {
  const parents = JOBS / BATCH;
  await store.enqueue(newJobs(parents, "parent"));
  const held = await claim(["parent"]);
  await measure("settle with spawn", () =>
    each(held, (parent) =>
      store.settle([
        {
          id: parent.id,
          token: parent.token,
          write: 1,
          outcome: { kind: "suspended", wakeAt: 0 },
          record: "{}",
          spawn: newJobs(BATCH, "child"),
        },
      ]),
    ),
  );
  const children: (readonly ClaimedJob[])[] = [];
  for (let left = JOBS; left > 0; left -= BATCH) children.push(await claim(["child"]));
  await measure("settle children, wake", () => each(children, complete));
  rows.push(`parents woken: ${(await claim(["parent"])).length} of ${parents}`);
});

/** Rates of the work, which handles `JOBS` jobs: by the clock, by Redis's CPU, and how long a call keeps it busy. */
async function measure(what: string, work: () => Promise<void>): Promise<void> {
  const [cpu, script] = [await cpuSeconds(), await scriptTime()];
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const busy = (await cpuSeconds()) - cpu;
  const { calls, usec } = await scriptTime();
  rows.push(
    `${what.padEnd(24)} ${Math.round(JOBS / seconds)} jobs/s, Redis CPU ${((busy * 1e6) / JOBS).toFixed(1)} µs/job, ` +
      `script ${((usec - script.usec) / (calls - script.calls) / 1_000).toFixed(2)} ms per call`,
  );
}

async function cpuSeconds(): Promise<number> {
  const info = await redis.info("cpu");
  return numberIn(info, /used_cpu_user:([\d.]+)/) + numberIn(info, /used_cpu_sys:([\d.]+)/);
}

async function scriptTime(): Promise<{ calls: number; usec: number }> {
  const info = await redis.info("commandstats");
  return {
    calls: numberIn(info, /cmdstat_evalsha:calls=(\d+)/),
    usec: numberIn(info, /cmdstat_evalsha:calls=\d+,usec=(\d+)/),
  };
}

async function usedMemory(): Promise<number> {
  return numberIn(await redis.info("memory"), /used_memory:(\d+)/);
}

function numberIn(info: string, pattern: RegExp): number {
  return Number(pattern.exec(info)?.[1] ?? 0);
}

function newJobs(count: number, name: string): NewJob[] {
  const envelope = `0{"payload":{"to":"someone@example.org","text":"${"x".repeat(150)}"}}`;
  return Array.from({ length: count }, () => ({
    id: newId<JobId>(),
    queue: QUEUE,
    name,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope,
  }));
}

async function claim(names: readonly string[]): Promise<readonly ClaimedJob[]> {
  const lease = newId<LeaseId>();
  return store.claim([{ queue: QUEUE, max: BATCH, names }], { worker: "one", lease, leaseMs: 60_000 });
}

async function complete(held: readonly ClaimedJob[]): Promise<void> {
  await store.settle(
    held.map(({ id, token }) => ({
      id,
      token,
      write: 1,
      outcome: { kind: "completed" },
      record: '{"worker":"one","durationMs":3,"outcome":"completed"}',
    })),
  );
}

async function each<T>(members: readonly T[], work: (member: T) => Promise<unknown>): Promise<void> {
  for (const member of members) await work(member);
}

function batches<T>(members: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(members.length / BATCH) }, (_, index) =>
    members.slice(index * BATCH, (index + 1) * BATCH),
  );
}
