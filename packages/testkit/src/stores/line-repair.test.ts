import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { afterEach, expect, test } from "vitest";
import { NAME, newJobs, nextId, QUEUE } from "../conformance/builders.ts";
import { testPostgresUrl } from "./postgres-home.ts";

const SCHEMA = "line_repair";
let client: SqlClient | undefined;

afterEach(async () => {
  await client?.script(`drop schema if exists ${SCHEMA} cascade`);
  await client?.close();
});

test("jobs whose predecessor was ended by a worker of the first schema go on after a sweep", async () => {
  client = createPgClient({ url: testPostgresUrl() });
  const store = sqlStore(client, { schema: SCHEMA });
  await store.open();
  await store.migrate();
  const keys = ["a", "b", "c"];
  const lines = keys.map((orderingKey) => newJobs(3, { orderingKey }));
  await store.enqueue(lines.flat());
  const claim = async () => {
    const want = { queue: QUEUE, max: 10, names: [NAME] };
    const jobs = await store.claim([want], { worker: "w", lease: nextId(), leaseMs: 10_000 });
    return jobs.map(({ id }) => id).sort();
  };
  const [a, b, c] = await claim();
  // what the first schema's `end` does to the job table: it knows nothing of those behind
  await client.query(`delete from ${SCHEMA}.job where id = any($1::uuid[])`, [[a ?? "", c ?? ""]]);
  expect(await claim()).toEqual([]);
  // two keys a pass: the second pass goes on where the first has stopped, the third begins anew
  await store.expire({ limit: 2 });
  await store.expire({ limit: 2 });
  expect(await claim()).toEqual([lines[0]?.[1]?.id, lines[2]?.[1]?.id]);
  await client.query(`delete from ${SCHEMA}.job where id = $1::uuid`, [b ?? ""]);
  for (let pass = 0; pass < 2; pass += 1) await store.expire({ limit: 2 });
  expect(await claim()).toEqual([lines[1]?.[1]?.id]);
});
