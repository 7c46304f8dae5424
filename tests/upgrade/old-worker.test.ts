import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RaceProcess } from "../races/race-process.ts";
import { type RaceStore, raceJob, raceStore } from "../races/race-store.ts";
import { buildOldRelease, knownCommit, type OldRelease } from "./old-release.ts";

/** The tag, and the commit it names for clones that came without tags. */
const FIRST_SCHEMA = ["schema-1", "c6e7491bb86efbb3af64656df72e117f419c6d0c"];
const JOBS = 5_000;
const WORKER = fileURLToPath(new URL("../races/worker.mjs", import.meta.url));

const commit = knownCommit(FIRST_SCHEMA);
let old: OldRelease | undefined;
let store: RaceStore | undefined;
let both: readonly RaceProcess[] = [];

beforeAll(() => {
  if (commit !== undefined) old = buildOldRelease(commit);
});
afterAll(async () => {
  for (const each of both) await each.destroy();
  await store?.remove();
  old?.remove();
});

test.skipIf(commit === undefined)(
  "a worker of the first schema and one of today share the jobs of today's schema (skipped where the clone's history is cut off)",
  { timeout: 300_000 },
  async () => {
    if (old === undefined) throw new Error("the old release was not built");
    const race = await raceStore(testPostgresUrl(), "race_upgrade");
    store = race;
    const program = join(old.folder, "worker.mjs");
    copyFileSync(WORKER, program);
    const worker = { concurrency: 20 };
    const options = { url: race.url, schema: race.schema, handler: "tiny", worker } as const;
    both = [new RaceProcess(options, { program }), new RaceProcess(options)];
    const shares = await sharedWork(race);
    expect(shares.flat()).toHaveLength(new Set(shares.flat()).size);
    expect(await race.counts()).toEqual({ completed: shares.flat().length });
  },
);

/** Gives them jobs until each has run some; the ids each ran. */
async function sharedWork(race: RaceStore): Promise<readonly (readonly string[])[]> {
  let started = false;
  const allStarted = Promise.all(both.map((each) => each.hears("started"))).then(() => {
    started = true;
  });
  let jobs = 0;
  while (!started) {
    await race.mr.enqueueMany(raceJob, Array.from({ length: JOBS }));
    jobs += JOBS;
    const allCompleted = race.until(({ completed = 0 }) => completed >= jobs);
    await Promise.race([allStarted, allCompleted]);
  }
  await race.until(({ completed = 0 }) => completed >= jobs);
  return Promise.all(both.map((each) => each.stop()));
}
