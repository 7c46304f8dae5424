/** Processes that meet a new schema at the same time: one makes it, all may use it. */
import { createPgClient, schemaState, sqlStore } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";

const SCHEMA = "migrate_together";
const PROCESSES = 4;

/** One connection each, as one process after the other would use it. */
const clients = Array.from({ length: PROCESSES }, () =>
  createPgClient({ url: process.env.MILLRACE_TEST_POSTGRES_URL, poolSize: 1 }),
);

beforeEach(async () => {
  for (const client of clients) await client.open();
});

afterEach(async () => {
  await clients[0]?.script(`drop schema if exists ${SCHEMA} cascade`);
  for (const client of clients) await client.close();
});

test("processes that found no schema and migrate at once run each migration once", async () => {
  for (const client of clients) expect(await schemaState(client, SCHEMA)).toMatchObject({ isNew: true });
  const ran = await Promise.all(clients.map((client) => sqlStore(client, { schema: SCHEMA }).migrate()));
  const names = ran.flat();
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});
