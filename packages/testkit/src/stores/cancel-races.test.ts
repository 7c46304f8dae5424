/** Cancels and settlements that meet at one job on server PostgreSQL: whoever has the row first decides for both. */
import type { ClaimedJob, Outcome, Store } from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  COMPLETED,
  dead,
  LEASE_MS,
  NAME,
  newJob,
  nextId,
  QUEUE,
  released,
  retry,
  settlementOf,
  suspended,
} from "../conformance/builders.ts";
import { testPostgresUrl } from "./postgres-home.ts";

const SCHEMA = "cancel_races";
const OUTCOMES: readonly Outcome[] = [COMPLETED, dead(), retry(0), released(true), suspended()];

let client: SqlClient;
let store: Store;

beforeEach(async () => {
  client = createPgClient({ url: testPostgresUrl(), poolSize: 5 });
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  store = sqlStore(client, { schema: SCHEMA });
  await store.migrate();
});

afterEach(async () => {
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

async function hold(): Promise<ClaimedJob> {
  await store.enqueue([newJob()]);
  const want = { queue: QUEUE, max: 1, names: [NAME] };
  const [held] = await store.claim([want], { worker: "one", lease: nextId(), leaseMs: LEASE_MS });
  if (held === undefined) throw new Error("it was to be claimed");
  return held;
}

/** Holds the job's row until both calls stand before it, the first in front. */
async function inOrder<A, B>(
  job: ClaimedJob,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<readonly [A, B]> {
  const calls = await client.transaction(async (session) => {
    await session.query(`select id from ${SCHEMA}.job where id = $1 for update`, [job.id]);
    const one = first();
    await waiting(1);
    const two = second();
    await waiting(2);
    return { one, two };
  });
  return Promise.all([calls.one, calls.two]);
}

/** Resolves once so many calls wait for a row of ours. */
async function waiting(count: number): Promise<void> {
  await expect
    .poll(async () => {
      const [row] = await client.query<{ n: number }>(
        `select count(*)::integer as n from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%"${SCHEMA}".job%'`,
      );
      return row?.n ?? 0;
    })
    .toBe(count);
}

describe("a cancel and a settlement at one job", () => {
  test.each(OUTCOMES)(
    "the cancel is first: $kind ends cancelled, though it was sent before the flag was set",
    async (outcome) => {
      const held = await hold();
      const [cancelled, settled] = await inOrder(
        held,
        () => store.cancel([held.id]),
        () => store.settle([settlementOf(held, outcome)]),
      );
      expect([cancelled, settled]).toEqual([["cancelling"], ["applied-as-cancelled"]]);
      const [row] = (await store.find({ ids: [held.id] }, { limit: 1 })).rows;
      expect(row?.state).toBe("cancelled");
    },
  );

  test.each(OUTCOMES)(
    "the settlement is first: $kind stands, and the cancel sees what it left",
    async (outcome) => {
      const held = await hold();
      const [settled, cancelled] = await inOrder(
        held,
        () => store.settle([settlementOf(held, outcome)]),
        () => store.cancel([held.id]),
      );
      const hasEnded = outcome.kind === "completed" || outcome.kind === "dead";
      expect([settled, cancelled]).toEqual([["applied"], [hasEnded ? "already-finished" : "cancelled"]]);
      const [row] = (await store.find({ ids: [held.id] }, { limit: 1 })).rows;
      expect(row?.state).toBe(hasEnded ? outcome.kind : "cancelled");
    },
  );

  test("a rescue that comes after the flag ends the job cancelled", async () => {
    const held = await hold();
    await client.script(`update ${SCHEMA}.lease set until = now() - interval '1 second'`);
    const [cancelled, rescued] = await inOrder(
      held,
      () => store.cancel([held.id]),
      () => store.rescue({ limit: 1 }),
    );
    expect([cancelled, rescued]).toEqual([["cancelling"], { ready: 0, crashed: 0, more: false }]);
    const [row] = (await store.find({ ids: [held.id] }, { limit: 1 })).rows;
    expect(row?.state).toBe("cancelled");
  });
});
