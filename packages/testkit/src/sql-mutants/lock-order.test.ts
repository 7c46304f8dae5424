import { type ClaimedJob, MillraceError, type Store } from "@millrace/core";
import { createPgClient, type SqlClient, type SqlSession, sqlStore } from "@millrace/postgres";
import { afterEach, expect, test } from "vitest";
import {
  COMPLETED,
  LEASE_MS,
  NAME,
  newJobs,
  nextId,
  QUEUE,
  settlementOf,
  suspended,
} from "../conformance/builders.ts";
import { testPostgresUrl } from "../stores/postgres-home.ts";
import { type Rewrite, rewritingClient } from "./rewriting-client.fixture.ts";

const SCHEMA = "mutant_locks";
/** Parents whose last children end in two calls at once. */
const PARENTS = 60;
/** With locks in any order nearly every round meets a deadlock. */
const ROUNDS = 5;
/** The advisory lock behind which both calls wait, so that they count children at the same moment. */
const GATE = 4_711;

/** Takes the locks one by one, slowly enough that two calls meet. */
const slowly: Rewrite = (text) =>
  text.replace("f.target, f.wake_at\n", "f.target, f.wake_at, pg_sleep(0.002)\n");

let client: SqlClient | undefined;

afterEach(async () => {
  await client?.script(`drop schema if exists ${SCHEMA} cascade`);
  await client?.close();
});

test("parents are woken without a deadlock, in whatever order their children end", async () => {
  expect(await deadlocks(slowly)).toBe(0);
});

test("is caught: parents are locked in any order", async () => {
  const anyOrder: Rewrite = (text) =>
    slowly(text).replace("order by f.parent\n", "order by md5(f.parent::text || pg_backend_pid())\n");
  expect(await deadlocks(anyOrder)).toBeGreaterThan(0);
});

/** Deadlocks met in so many rounds; the first is enough. */
async function deadlocks(rewrite: Rewrite): Promise<number> {
  let met = 0;
  const database = createPgClient({ url: testPostgresUrl() });
  let rewritten = 0;
  client = rewritingClient(
    gated(database, () => (met += 1)),
    (text) => (text.startsWith("-- holder/wake\n") ? rewrite(text) : text),
    () => (rewritten += 1),
  );
  const store = sqlStore(client, { schema: SCHEMA });
  await store.open();
  await store.migrate();
  for (let round = 0; round < ROUNDS && met === 0; round += 1) {
    await endTwinsAtOnce(store).catch((error: unknown) => {
      if (met === 0) throw error; // else it was a victim each time it was run again
    });
  }
  expect(rewritten, "the statement no longer says what the mutant changes").toBeGreaterThan(0);
  return met;
}

/** Each parent's two children end in different calls, sent together. */
async function endTwinsAtOnce(store: Store): Promise<void> {
  await store.enqueue(newJobs(PARENTS));
  const parents = await claimAll(store);
  const twins = parents.map((parent) => ({ parent, children: newJobs(2) }));
  await store.settle(
    twins.map(({ parent, children }) => settlementOf(parent, suspended(), { spawn: children })),
  );
  const held = new Map((await claimAll(store)).map((job) => [job.id, job]));
  const halves = [0, 1].map((which) =>
    twins.flatMap(({ children }) => held.get(children[which]?.id ?? nextId()) ?? []),
  );
  await atOnce(() => halves.map((jobs) => store.settle(jobs.map((job) => settlementOf(job, COMPLETED)))));
  const woken = await claimAll(store);
  expect(woken).toHaveLength(PARENTS);
  await store.settle(woken.map((job) => settlementOf(job, COMPLETED)));
}

/** Starts both calls, and opens the gate when both stand before it. */
async function atOnce(start: () => readonly Promise<unknown>[]): Promise<void> {
  const gate = createPgClient({ url: testPostgresUrl() });
  await gate.open();
  const calls = await gate.transaction(async (session) => {
    await session.query(`select pg_advisory_xact_lock(${GATE})`);
    const started = start();
    while ((await waiting(gate)) < started.length) await new Promise((resolve) => setTimeout(resolve, 5));
    return { started };
  });
  await Promise.all(calls.started);
  await gate.close();
}

async function waiting(sql: SqlClient): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    `select count(*)::integer as n from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted`,
  );
  return row?.n ?? 0;
}

function claimAll(store: Store): Promise<readonly ClaimedJob[]> {
  const want = { queue: QUEUE, max: PARENTS * 2, names: [NAME] };
  return store.claim([want], { worker: "one", lease: nextId(), leaseMs: LEASE_MS });
}

/** The client with the gate before each wake, telling of each deadlock: the store runs a victim again without a word. */
function gated(database: SqlClient, onDeadlock: () => void): SqlClient {
  return {
    exclusive: database.exclusive,
    connections: database.connections,
    open: () => database.open(),
    close: () => database.close(),
    query: (text, values) => database.query(text, values),
    script: (text) => database.script(text),
    copyIn: (text, chunks) => database.copyIn(text, chunks),
    transaction: (work) =>
      database
        .transaction((session) => work(gatedSession(session)))
        .catch((error: unknown) => {
          if (error instanceof MillraceError && error.details["sqlState"] === "40P01") onDeadlock();
          throw error;
        }),
  };
}

function gatedSession(session: SqlSession): SqlSession {
  return {
    query: async (text, values) => {
      if (text.startsWith("-- holder/wake\n"))
        await session.query(`select pg_advisory_xact_lock_shared(${GATE})`);
      return session.query(text, values);
    },
    script: (text) => session.script(text),
    copyIn: (text, chunks) => session.copyIn(text, chunks),
  };
}
