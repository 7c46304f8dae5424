/** Folds of several processes on server PostgreSQL: a reading sees what was committed before it, whoever folds meanwhile. */
import { createHash } from "node:crypto";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newJob } from "../conformance/builders.ts";
import { testPostgresUrl } from "./postgres-home.ts";

const SCHEMA = "fold_lock";
const POLL_MS = 10;
/** As every process that folds in this schema takes it. */
const LOCK = createHash("sha256").update(`millrace:${SCHEMA}:fold`).digest().readBigInt64BE(0).toString();
const WAITING =
  "select count(*)::integer as n from pg_stat_activity where wait_event_type = 'Lock' and query like $1";
let client: SqlClient;

beforeEach(async () => {
  client = createPgClient({ url: testPostgresUrl(), poolSize: 4 });
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
});

afterEach(async () => {
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

test("readings wait for the fold of another, and so does the word where everything so far ends", async () => {
  const store = sqlStore(client, { schema: SCHEMA });
  await store.migrate();
  const [first, second] = [newJob(), newJob()];
  await store.enqueue([first]);
  const { reading, latest } = await client.transaction(async (session) => {
    await session.query("select pg_advisory_xact_lock($1::bigint)", [LOCK]);
    const asked = {
      reading: store.events({ limit: 10 }),
      latest: store.events({ after: "latest", limit: 1 }),
    };
    await waiting("journal/fold", 2);
    return asked;
  });
  expect((await reading).events.map(({ job }) => job)).toEqual([first.id]);
  await store.enqueue([second]);
  const page = await store.events({ after: (await latest).next, limit: 10 });
  expect(page.events.map(({ job }) => job)).toEqual([second.id]);
});

test("a pass that comes to a halt between folding and pruning keeps nobody from folding", async () => {
  const store = sqlStore(client, { schema: SCHEMA });
  await store.migrate();
  await store.enqueue([newJob()]);
  await store.fold({ limit: 10 });
  const job = newJob();
  const { halted } = await client.transaction(async (session) => {
    await session.query(`select seq from ${SCHEMA}.journal for update`, []);
    const pass = store.fold({ limit: 10, keepEventsMs: 0 });
    await waiting("journal/prune", 1);
    await store.enqueue([job]);
    const { events } = await store.events({ limit: 10 });
    expect(events.at(-1)?.job).toBe(job.id);
    return { halted: pass };
  });
  expect(await halted).toEqual({ folded: 0 });
});

/** Waits until so many statements of this name wait for a lock in our schema. */
async function waiting(statement: string, count: number): Promise<void> {
  const named = `-- ${statement}%"${SCHEMA}".journal%`;
  while ((await client.query<{ n: number }>(WAITING, [named]))[0]?.n !== count) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
