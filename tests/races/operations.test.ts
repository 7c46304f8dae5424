/** Operations whose processes are killed between and within pages, and those few of whose candidates fit. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type NewOperation, newOperation, operate, type Store } from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("operator.mjs", import.meta.url));
const SCHEMA = "race_operations";
const PAGE = 50;
const DEATHS = ["taken", "sent", "applied", "sent"] as const;
const NO_DEFINITIONS = { get: () => undefined };

const url = testPostgresUrl();
let client: SqlClient;
let store: Store;

beforeEach(async () => {
  client = createPgClient({ url, acquireTimeoutMs: 60_000 }); // calls queue up here, behind each other's locks
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  store = sqlStore(client, { schema: SCHEMA });
  await store.migrate();
});
afterEach(async () => {
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

/** Dead letters of names in turn, as if they had died an hour ago. */
async function fillDead(count: number, name: string): Promise<void> {
  await client.query(
    `insert into ${SCHEMA}.dead (id, generation, token, created_at, run_at, finished_at, attempts, interruptions, snoozes,
       rescues, max_rescues, class, state, queue, name, tenant, env, records, fingerprint)
     select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, -n, now(), now(),
       now() - interval '1 hour', 1, 0, 0, 0, 3, 2, 5, 'race', ${name}, '', '0{"payload":null}', '', 'f00d'
     from generate_series(1, ${count}) n`,
  );
}

async function start(given: Partial<NewOperation>): Promise<NewOperation> {
  const operation = { ...newOperation("test", { action: "retry", filter: {} }), ...given };
  await store.startOperation(operation);
  return operation;
}

/** Takes the operations further until all are over, also where a dead process's last statement has put a page off. */
async function toTheEnd(ids: readonly NewOperation["id"][]): Promise<void> {
  const isOver = async () =>
    (await store.operations({ ids }, { limit: ids.length })).rows.every(({ state }) => state === "completed");
  while (!(await isOver())) {
    await leaseEnds();
    await operate({ store, registry: NO_DEFINITIONS });
  }
}

/** Has the page of a dead process be given out at once instead of in half a minute, and a rest be over. */
async function leaseEnds(): Promise<void> {
  await client.query(
    `with k as materialized (select id from ${SCHEMA}.operation order by id for update)
     update ${SCHEMA}.operation o set due_at = now() from k where o.id = k.id`,
  );
}

test("each job has its turn once, wherever the processes that take an operation further are killed", async () => {
  await fillDead(PAGE * (DEATHS.length + 2), "'send'");
  const { id } = await start({ perSecond: PAGE });
  for (const dies of DEATHS) {
    const child = fork(PROGRAM, [JSON.stringify({ url, schema: SCHEMA, dies })], { execArgv: [] });
    const [, signal] = await once(child, "exit");
    expect(signal).toBe("SIGKILL");
    await leaseEnds();
  }
  const { rows } = await store.operations({ ids: [id] }, { limit: 1 });
  expect(rows[0]?.done).toBeGreaterThanOrEqual(PAGE);
  await toTheEnd([id]);
  const [operation] = (await store.operations({ ids: [id] }, { limit: 1 })).rows;
  expect(operation).toMatchObject({ state: "completed", done: PAGE * 6, skipped: 0, failed: 0 });
  const jobs = await client.query<{ generation: number; replays: number; n: string }>(
    `select generation, (length(records) - length(replace(records, 'replayed', ''))) / 8 as replays, count(*) as n
     from ${SCHEMA}.job group by 1, 2`,
  );
  expect(jobs).toEqual([{ generation: 2, replays: 1, n: String(PAGE * 6) }]);
  expect(await client.query(`select id from ${SCHEMA}.dead`)).toEqual([]);
});

test("a page looks at a bounded number of jobs, however few of them the filter fits", async () => {
  await fillDead(25_000, "case when n in (24000, 24999) then 'rare' else 'send' end");
  const filter = { states: ["dead"], name: "rare" } as const;
  const counts: number[] = [];
  let after: string | undefined;
  do {
    const page = await store.countMatching(filter, { limit: 100, after });
    counts.push(page.count);
    after = page.next;
  } while (after !== undefined);
  expect(counts).toEqual([0, 0, 2]);
  const { id } = await start({ filter });
  const pages: number[] = [];
  for (;;) {
    const turn = await store.takeOperation({ leaseMs: 30_000, limit: 100 });
    if (turn === undefined) break;
    pages.push(turn.members.length);
    await store.advanceOperation({ ...turn, id, turn: turn.operation.turn });
  }
  expect(pages).toEqual([0, 0, 2]);
  expect((await store.operations({ ids: [id] }, { limit: 1 })).rows[0]).toMatchObject({
    state: "completed",
    done: 2,
  });
});

test("pages of several operations and single retries at the same time double nothing", async () => {
  await fillDead(600, "'send'");
  const started = [await start({}), await start({}), await start({ perSecond: 100 })];
  const ids = (await store.deadLetters({}, { limit: 100 })).rows.map(({ id }) => id);
  const others = Array.from({ length: 3 }, () => sqlStore(client, { schema: SCHEMA }));
  const passes = others.map(async (one) => {
    for (let pass = 0; pass < 30; pass += 1) {
      await operate({ store: one, registry: NO_DEFINITIONS });
      await leaseEnds();
    }
  });
  const retries = ids.map((id) => store.retry([id]));
  await Promise.all([...passes, ...retries]);
  await toTheEnd(started.map(({ id }) => id));
  const jobs = await client.query(`select generation, count(*) as n from ${SCHEMA}.job group by 1`);
  expect(jobs).toEqual([{ generation: 2, n: "600" }]);
  const { rows } = await store.operations({ ids: started.map(({ id }) => id) }, { limit: 3 });
  expect(rows.map(({ state }) => state)).toEqual(["completed", "completed", "completed"]);
  const retried = (await Promise.all(retries)).flat().filter((answer) => answer === "replayed").length;
  expect(rows.reduce((sum, { done }) => sum + done, retried)).toBe(600);
});
