/** What an older version journalled: its events are told, if not what happened. */
import type { JobId } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";

const SCHEMA = "old_journal";
const client = createPgClient({ url: process.env.MILLRACE_TEST_POSTGRES_URL, poolSize: 1 });
const ID = "00000000-0000-7000-8000-000000000001" as JobId; // in the shape of an id

beforeEach(async () => {
  await client.open();
  await sqlStore(client, { schema: SCHEMA }).migrate();
});

afterEach(async () => {
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

test("rows that named the verb are events of kind changed, rows of the ledger still none", async () => {
  const store = sqlStore(client, { schema: SCHEMA });
  for (const kind of ["settle", "items", "rescue"]) {
    await client.query(
      `insert into ${SCHEMA}.journal (at, kind, ids, delta) values (now(), $1, array[$2::uuid], '[]')`,
      [kind, ID],
    );
  }
  const { events } = await store.events({ limit: 10 });
  expect(events.map(({ job, kind, name }) => ({ job, kind, name }))).toEqual([
    { job: ID, kind: "changed", name: undefined },
    { job: ID, kind: "changed", name: undefined },
  ]);
});
