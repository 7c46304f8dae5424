import { type ClaimedJob, type LeaseId, newId, type Settlement, type Store } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { newJobs } from "./new-jobs.ts";

const CRASHES = 10;
const JOBS = 40;
const CLAIMED = 25;

let server: Awaited<ReturnType<typeof startPostgres>>;
let store: Store;

beforeAll(async () => {
  server = await startPostgres();
  store = sqlStore(createPgClient({ url: server.url }));
  await store.open();
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

/** A claim's answer is a promise: tokens it gave out are never given out again, and their holders may settle. */
test(`${CRASHES} times, a server killed right after a claim's answer keeps the claim`, {
  timeout: 600_000,
}, async () => {
  let newest = 0n;
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const jobs = newJobs(JOBS);
    await store.enqueue(jobs);
    const held = await claim(CLAIMED);
    await server.crash();
    await reachable();
    const rows = await store.find({ ids: jobs.map(({ id }) => id) }, { limit: JOBS });
    expect(rows.rows).toHaveLength(JOBS);
    expect(rows.rows.filter(({ state }) => state === "running")).toHaveLength(CLAIMED);
    const rest = await claim(JOBS);
    expect(rest).toHaveLength(JOBS - CLAIMED);
    for (const { token } of held) expect(BigInt(token)).toBeGreaterThan(newest);
    newest = held.reduce((most, { token }) => (BigInt(token) > most ? BigInt(token) : most), newest);
    for (const { token } of rest) expect(BigInt(token)).toBeGreaterThan(newest);
    newest = rest.reduce((most, { token }) => (BigInt(token) > most ? BigInt(token) : most), newest);
    const answers = await store.settle([...held, ...rest].map(completed));
    expect(new Set(answers)).toEqual(new Set(["applied"]));
  }
  expect(await store.counters(["queue:crash:default"])).toEqual({
    "queue:crash:default": { completed: CRASHES * JOBS },
  });
});

function claim(max: number): Promise<readonly ClaimedJob[]> {
  const want = { queue: "crash", max, names: ["crash"] };
  return store.claim([want], { worker: "one", lease: newId<LeaseId>(), leaseMs: 600_000 });
}

function completed({ id, token }: ClaimedJob): Settlement {
  return { id, token, write: 1, outcome: { kind: "completed" }, record: "{}" };
}

/** Connections of the pool that the crash cut fail once each. */
async function reachable(): Promise<void> {
  for (;;) {
    try {
      await Promise.all(Array.from({ length: 10 }, () => store.find({}, { limit: 1 })));
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
