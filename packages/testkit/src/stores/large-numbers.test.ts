/** Numbers of a store that has run for very long: past what 32 bits hold, and past what JavaScript counts exactly. */
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { afterEach, expect, test } from "vitest";
import { COMPLETED, LEASE_MS, NAME, newJobs, nextId, QUEUE, settlementOf } from "../conformance/builders.ts";
import { testPostgresUrl } from "./postgres-home.ts";

const SCHEMA = "large_numbers";
let client: SqlClient | undefined;

afterEach(async () => {
  await client?.script(`drop schema if exists ${SCHEMA} cascade`);
  await client?.close();
});

test.each([
  ["2^31", 2n ** 31n],
  ["2^53", 2n ** 53n],
])("jobs, events and counters are exact where tokens and positions pass %s", async (_name, limit) => {
  client = createPgClient({ url: testPostgresUrl() });
  const store = sqlStore(client, { schema: SCHEMA });
  await store.open();
  await store.migrate();
  const near = String(limit - 2n);
  await client.script(`select setval('${SCHEMA}.token', ${near}), setval('${SCHEMA}.journal_pos', ${near});
    alter table ${SCHEMA}.journal alter column seq restart with ${near}`);
  const jobs = newJobs(6);
  const events: string[] = [];
  let after: string | undefined = (await store.events({ after: "latest", limit: 1 })).next;
  for (const job of jobs) {
    await store.enqueue([job]);
    const want = { queue: QUEUE, max: 1, names: [NAME] };
    const [held] = await store.claim([want], { worker: "w", lease: nextId(), leaseMs: LEASE_MS });
    expect(held?.id).toBe(job.id);
    if (held === undefined) continue;
    const settlement = settlementOf(held, COMPLETED);
    expect(await store.settle([settlement])).toEqual(["applied"]);
    expect(await store.settle([settlement])).toEqual(["already-applied"]);
    const page = await store.events({ after, limit: 100 });
    after = page.next;
    events.push(...page.events.map((event) => `${event.kind} ${event.job}`));
  }
  expect(events).toEqual(jobs.flatMap(({ id }) => [`enqueued ${id}`, `claimed ${id}`, `completed ${id}`]));
  const tokens = await client.query<{ token: string }>(`select token from ${SCHEMA}.finished order by id`);
  expect(tokens.map(({ token }) => BigInt(token))).toEqual(
    jobs.map((_, index) => limit - 1n + BigInt(index)),
  );
  expect(BigInt(after?.split(".")[0] ?? 0)).toBeGreaterThan(limit);
  expect(await store.counters([`queue:${QUEUE}:default`])).toEqual({
    [`queue:${QUEUE}:default`]: { completed: jobs.length },
  });
});
