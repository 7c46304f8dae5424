import type { JobId, Store } from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { afterEach, expect, test } from "vitest";
import { newJob, newJobs } from "../conformance/builders.ts";
import { testPostgresUrl } from "../stores/postgres-home.ts";
import { type Rewrite, rewritingClient } from "./rewriting-client.fixture.ts";

const SCHEMA = "mutant_events";
const PAGE = 100;

let client: SqlClient | undefined;

afterEach(async () => {
  await client?.script(`drop schema if exists ${SCHEMA} cascade`);
  await client?.close();
});

test("a reader behind a write transaction held open misses and repeats nothing", async () => {
  const { expected, read } = await readAroundLateCommit((text) => text);
  expect(read.toSorted()).toEqual(expected.toSorted());
});

test("is caught: events are ordered by a number drawn inside the transaction", async () => {
  const bySequence: Rewrite = (text) =>
    text.startsWith("-- journal/fold\n") ? text.replace(/nextval\('[^']+'\) as pos/, "s.seq as pos") : text;
  const { expected, read } = await readAroundLateCommit(bySequence);
  expect(read.length).toBeLessThan(expected.length);
});

/** Reads while a transaction that wrote first has not committed, and again when it has. */
async function readAroundLateCommit(rewrite: Rewrite): Promise<{ expected: JobId[]; read: JobId[] }> {
  client = rewritingClient(createPgClient({ url: testPostgresUrl() }), rewrite, () => undefined);
  const store = sqlStore(client, { schema: SCHEMA });
  await store.open();
  await store.migrate();
  const [late, others] = [newJob(), newJobs(3)];
  let seen = { read: [] as JobId[], next: "0.0" };
  await store.capabilities.transactions?.run(async (transaction) => {
    await store.enqueue([late], { transaction });
    for (const job of others) await store.enqueue([job]);
    seen = await readFrom(store, seen.next);
  });
  const rest = await readFrom(store, seen.next);
  return { expected: [late, ...others].map(({ id }) => id), read: [...seen.read, ...rest.read] };
}

async function readFrom(store: Store, after: string): Promise<{ read: JobId[]; next: string }> {
  const read: JobId[] = [];
  for (let from = after; ; ) {
    const page = await store.events({ after: from, limit: PAGE });
    if (!("events" in page)) throw new Error("the position is too old");
    read.push(...page.events.map(({ job }) => job));
    if (page.next === from) return { read, next: from };
    from = page.next;
  }
}
