/** Unique keys whose holders end or appear between two statements of a call. */
import { randomUUID } from "node:crypto";
import type { JobId, LeaseId, NewJob } from "@millrace/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { enqueue, enqueueAtOnce } from "./enqueue.ts";
import { createPgliteClient } from "./pglite/pglite-client.ts";
import { type Session, sessionOn } from "./session.ts";
import { sqlStore } from "./sql-store.ts";
import { type StatementName, statementsFor } from "./statements.ts";

const client = createPgliteClient({ directory: "", inMemory: true });
const store = sqlStore(client);
const plain = sessionOn(client, statementsFor("millrace"));

beforeAll(async () => {
  await store.open();
  await store.migrate();
});

beforeEach(() => client.script("delete from millrace.job"));

afterAll(() => store.close());

type Step = () => Promise<unknown>;

/** A session in which something happens right before a statement: each time it runs, the next of its steps. */
function meanwhile(steps: { readonly [Name in StatementName]?: readonly Step[] }): Session {
  const left = new Map(Object.entries(steps).map(([name, each]) => [name, each.values()]));
  return {
    run: async (name, values) => {
      await left.get(name)?.next().value?.();
      return plain.run(name, values);
    },
  };
}

const nothing: Step = async () => undefined;
const arrives = (job: NewJob): Step => {
  return async () => expect(await store.enqueue([job])).toEqual([{ id: job.id, result: "created" }]);
};
const ends = ({ id }: NewJob): Step => {
  return async () => expect(await store.cancel([id])).toEqual(["cancelled"]);
};

/** A job that wants the one key of these tests. */
function keyed(given: Partial<NewJob> = {}): NewJob {
  return {
    id: randomUUID() as JobId,
    queue: "work",
    name: "task",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: '0{"payload":null}',
    unique: { key: "k", while: "live", onConflict: "keep" },
    ...given,
  };
}

async function claimed(): Promise<readonly JobId[]> {
  const want = { queue: "work", max: 10, names: ["task"] };
  const lease = randomUUID() as LeaseId;
  return (await store.claim([want], { worker: "one", lease, leaseMs: 10_000 })).map(({ id }) => id);
}

test("a job is created after all where the holder of its key has ended before it is asked for", async () => {
  const [holder, job] = [keyed(), keyed()];
  await arrives(holder)();
  const session = meanwhile({ "key/holders": [ends(holder)] });
  expect(await enqueueAtOnce(session, { jobs: [job], resend: false })).toEqual([
    { id: job.id, result: "created" },
  ]);
  expect(await claimed()).toEqual([job.id]);
});

test("it is the duplicate of the job that was faster to take the key", async () => {
  const [holder, faster, job] = [keyed(), keyed(), keyed()];
  await arrives(holder)();
  const session = meanwhile({ "key/holders": [ends(holder)], "job/enqueue": [nothing, arrives(faster)] });
  expect(await enqueueAtOnce(session, { jobs: [job], resend: false })).toEqual([
    { id: job.id, result: "duplicate", job: faster.id },
  ]);
  expect(await claimed()).toEqual([faster.id]);
});

test("of several jobs each meets its own fate", async () => {
  const [ending, staying] = [keyed(), keyed({ unique: { key: "other", while: "live", onConflict: "keep" } })];
  const [created, duplicate] = [keyed(), keyed({ unique: staying.unique })];
  await arrives(ending)();
  await arrives(staying)();
  const session = meanwhile({ "key/holders": [ends(ending)] });
  expect(await enqueueAtOnce(session, { jobs: [duplicate, created], resend: false })).toEqual([
    { id: duplicate.id, result: "duplicate", job: staying.id },
    { id: created.id, result: "created" },
  ]);
});

test("a job is created where its key is free again after it has changed hands", async () => {
  const [first, second, job] = [keyed(), keyed(), keyed()];
  await arrives(first)();
  const session = meanwhile({
    "key/holders": [ends(first), ends(second)],
    "job/enqueue": [nothing, arrives(second)],
  });
  expect(await enqueueAtOnce(session, { jobs: [job], resend: false })).toEqual([
    { id: job.id, result: "created" },
  ]);
});

test("a key that has changed hands three times makes a duplicate, of no job in particular", async () => {
  const [first, second, third, job] = [keyed(), keyed(), keyed(), keyed()];
  await arrives(first)();
  const session = meanwhile({
    "key/holders": [ends(first), ends(second), ends(third)],
    "job/enqueue": [nothing, arrives(second), arrives(third)],
  });
  expect(await enqueueAtOnce(session, { jobs: [job], resend: false })).toEqual([
    { id: job.id, result: "duplicate" },
  ]);
  expect(await claimed()).toEqual([]);
});

test("a job that was to replace a holder is created where that has ended, and may go though it stands in a line", async () => {
  const [holder, job] = [
    keyed(),
    keyed({ orderingKey: "o", unique: { key: "k", while: "live", onConflict: "replace" } }),
  ];
  await arrives(holder)();
  const session = meanwhile({ "key/replace": [ends(holder)] });
  expect(await enqueue(session, { jobs: [job], resend: false })).toEqual([{ id: job.id, result: "created" }]);
  expect(await claimed()).toEqual([job.id]);
});

test("a job that ends while it is sent again is not added anew, and keeps no key", async () => {
  const job = keyed();
  const again = {
    ...job,
    unique: { key: "k", while: "live", onConflict: "keep", keepForMs: 5_000 },
  } as const;
  const runsAndEnds: Step = async () => {
    await arrives(job)();
    await ends(job)();
  };
  const session = meanwhile({ "job/enqueue": [runsAndEnds] });
  expect(await enqueue(session, { jobs: [again], resend: true })).toEqual([{ id: job.id, result: "exists" }]);
  expect(await claimed()).toEqual([]);
  const next = keyed();
  expect(await store.enqueue([next])).toEqual([{ id: next.id, result: "created" }]);
});
