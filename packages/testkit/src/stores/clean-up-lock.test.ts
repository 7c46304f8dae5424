/** Clean-ups of several processes on server PostgreSQL: one at a time in the background, none held up by another. */
import { createHash } from "node:crypto";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  COMPLETED,
  mark,
  NAME,
  newJob,
  newJobs,
  newRun,
  nextId,
  QUEUE,
  settlementOf,
} from "../conformance/builders.ts";
import { testPostgresUrl } from "./postgres-home.ts";

const SCHEMA = "clean_up_lock";
let client: SqlClient;

beforeEach(async () => {
  client = createPgClient({ url: testPostgresUrl(), poolSize: 3 });
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
});

afterEach(async () => {
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

test("a clean-up in the background does nothing while another is at it; one by hand goes on", async () => {
  const store = sqlStore(client, { schema: SCHEMA });
  await store.migrate();
  await store.enqueue(newJobs(4));
  const want = { queue: QUEUE, max: 4, names: [NAME] };
  const held = await store.claim([want], { worker: "one", lease: nextId(), leaseMs: 10_000 });
  await store.settle(held.map((job) => settlementOf(job, COMPLETED)));
  const removal = { olderThanMs: 0, states: ["completed"], limit: 2 } as const;
  await client.transaction(async (session) => {
    await session.query("select pg_advisory_xact_lock($1::bigint)", [lockOf("clean-up")]);
    expect(await store.cleanUp({ ...removal, background: true })).toEqual({ removed: 0, more: false });
    expect(await store.cleanUp(removal)).toEqual({ removed: 2, more: true });
  });
  expect(await store.cleanUp({ ...removal, background: true })).toEqual({ removed: 2, more: false });
});

test("so does a clean-up of runs; a purge does nothing while another is at it, whoever has it done", async () => {
  const store = sqlStore(client, { schema: SCHEMA });
  await store.migrate();
  for (const instance of ["one", "two", "three", "four"]) {
    const run = newRun({ instance });
    await store.startRun(run, newJob({ run: run.id }));
    await store.moveRun({ run: run.id, from: ["running"], to: "completed" });
  }
  const want = { queue: QUEUE, max: 4, names: [NAME] };
  const held = await store.claim([want], { worker: "one", lease: nextId(), leaseMs: 10_000 });
  await store.settle(
    held.map((job) =>
      settlementOf(job, COMPLETED, { marks: [mark({ run: job.run ?? nextId(), step: "s" })] }),
    ),
  );
  const removal = { olderThanMs: 0, states: ["completed"], limit: 2 } as const;
  await client.transaction(async (session) => {
    for (const purpose of ["clean-up-runs", "purge-runs"]) {
      await session.query("select pg_advisory_xact_lock($1::bigint)", [lockOf(purpose)]);
    }
    expect(await store.cleanUpRuns({ ...removal, background: true })).toEqual({ removed: 0, more: false });
    expect(await store.cleanUpRuns(removal)).toEqual({ removed: 2, more: true });
    expect(await store.purgeRuns({ limit: 100 })).toEqual({ removed: 0, more: false });
  });
  expect(await store.cleanUpRuns({ ...removal, background: true })).toEqual({ removed: 2, more: false });
  expect(await store.purgeRuns({ limit: 100 })).toEqual({ removed: 1, more: true });
});

/** As every process that does this in this schema takes it. */
function lockOf(purpose: string): string {
  return createHash("sha256").update(`millrace:${SCHEMA}:${purpose}`).digest().readBigInt64BE(0).toString();
}
