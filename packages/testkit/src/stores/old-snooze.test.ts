/** A worker of a version that knows of no reasons: what it settles ends the reason of an earlier snooze. */
import type { JobId, LeaseId } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newJob, settlementOf, snoozed } from "../conformance/builders.ts";

const SCHEMA = "old_snooze";
const client = createPgClient({ url: process.env.MILLRACE_TEST_POSTGRES_URL, poolSize: 1 });

beforeEach(async () => {
  await client.open();
  await sqlStore(client, { schema: SCHEMA }).migrate();
});

afterEach(async () => {
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

test("the reason goes with the next settlement, whoever makes it", async () => {
  const store = sqlStore(client, { schema: SCHEMA });
  const { id } = newJob();
  await store.enqueue([newJob({ id })]);
  const claimed = await claim("1");
  await store.settle([settlementOf(claimed, snoozed(0, { reason: "not yet" }))]);
  expect(await reasonOf(id)).toEqual({ reason: "not yet" });
  await claim("2");
  await client.query(
    `update ${SCHEMA}.job set state = 0, token = 0, settled = token, lease = null where id = $1::uuid`,
    [id],
  );
  expect(await reasonOf(id)).toBeUndefined();

  async function claim(lease: string) {
    const options = {
      worker: "w",
      leaseMs: 10_000,
      lease: `00000000-0000-7000-8000-00000000000${lease}` as LeaseId,
    };
    const [job] = await store.claim([{ queue: "work", max: 1, names: ["task"] }], options);
    if (job === undefined) throw new Error("nothing was claimed");
    return job;
  }

  async function reasonOf(job: JobId) {
    return (await store.explain([job]))[0]?.putOff;
  }
});
