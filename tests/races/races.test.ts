import { createMillrace, defineJob } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, expect, test } from "vitest";
import { RaceProcess, type RaceWorker } from "./race-process.ts";
import { type RaceStore, raceJob, raceStore } from "./race-store.ts";

const TINY_JOBS = 50_000;
const PROCESSES = 8;
const INNOCENT = 999;
/** As the default: the fourth time a job takes its worker down while held alone, it is given up. */
const MAX_RESCUES = 3;
/** No living process outlasts it; those of dead ones are over when the store's clock is moved. */
const LEASE_MS = 600_000;

let store: RaceStore | undefined;
let processes: RaceProcess[] = [];

afterEach(async () => {
  for (const each of processes) await each.destroy();
  processes = [];
  await store?.remove();
  store = undefined;
});

async function open(schema: string): Promise<RaceStore> {
  store = await raceStore(testPostgresUrl(), schema);
  return store;
}

function start({ url, schema }: RaceStore, rest: Pick<RaceWorker, "handler" | "worker">): RaceProcess {
  const started = new RaceProcess({ url, schema, ...rest });
  processes.push(started);
  return started;
}

test(`${PROCESSES} processes run ${TINY_JOBS} tiny jobs, each once`, { timeout: 600_000 }, async () => {
  const race = await open("race_tiny");
  await race.mr.enqueueMany(raceJob, Array.from({ length: TINY_JOBS }));
  const workers = Array.from({ length: PROCESSES }, () => start(race, { handler: "tiny", worker: {} }));
  await race.until(({ completed = 0 }) => completed >= TINY_JOBS);
  const ran = (await Promise.all(workers.map((each) => each.stop()))).flat();
  expect(new Set(ran).size).toBe(TINY_JOBS);
  expect(ran).toHaveLength(TINY_JOBS);
  expect(await race.counts()).toEqual({ completed: TINY_JOBS });
});

test("a worker frozen for three leases can write nothing when it goes on", { timeout: 300_000 }, async () => {
  const race = await open("race_zombie");
  const job = await race.mr.enqueue(raceJob, null);
  const zombie = start(race, { handler: "zombie", worker: { lease: "1s", sweep: "200ms" } });
  await zombie.hears("started");
  zombie.signal("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const successor = createMillrace({
    store: sqlStore(createPgClient({ url: race.url }), { schema: race.schema }),
    jobs: [defineJob({ name: "race", queue: "race", run: () => "in time" })],
  });
  successor.worker({ sweep: "200ms" });
  expect(await job.result({ timeout: "2m" })).toBe("in time");
  const before = await race.mr.jobs.get(job.id);
  zombie.goOn();
  zombie.signal("SIGCONT");
  expect((await zombie.hears("saved")).error).toBe("LeaseLost");
  await zombie.stop();
  expect(await race.mr.jobs.get(job.id)).toEqual(before);
  expect(before).toMatchObject({ state: "completed", result: "in time", attempts: 1, rescues: 1 });
  expect(await race.counts()).toEqual({ completed: 1 });
  await successor.close();
});

test(`crashes with ${INNOCENT + 1} jobs claimed send no innocent one to dead`, {
  timeout: 600_000,
}, async () => {
  const race = await open("race_poison");
  const poisoned = Math.floor(INNOCENT / 2);
  await race.mr.enqueueMany(
    raceJob,
    Array.from({ length: INNOCENT + 1 }, (_, index) => ({ poison: index === poisoned, patient: true })),
  );
  const worker = { lease: LEASE_MS, sweep: "100ms", concurrency: INNOCENT + 1 };
  const over = race.until(({ completed = 0, dead = 0 }) => completed + dead > INNOCENT).then(() => "over");
  let crashes = 0;
  for (let end: unknown; end !== "over"; ) {
    // In the first process all jobs are held when it dies; the later ones meet the poison alone.
    const patienceMs = crashes === 0 ? 60_000 : 0;
    const process = start(race, { handler: "poison", worker: { ...worker, patienceMs } });
    end = await Promise.race([over, process.ended]);
    if (end === "over") await process.stop();
    else {
      crashes += 1;
      await race.setAhead(crashes * LEASE_MS);
    }
  }
  expect(await race.counts()).toEqual({ completed: INNOCENT, dead: 1 });
  const { rows } = await race.mr.jobs.list({ states: ["dead"] });
  expect(rows.map(({ input, error }) => ({ input, class: error?.class }))).toEqual([
    { input: { poison: true, patient: true }, class: "crashed" },
  ]);
  // Once in company, then alone until it is given up; the last process outlives it.
  expect(crashes).toBe(1 + MAX_RESCUES + 1);
});
