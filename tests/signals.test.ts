import {
  type JobId,
  type Listening,
  type NewJob,
  newId,
  type Offer,
  type Opening,
  type Store,
} from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

const SCHEMA = "signals";
const LONG_MS = 600_000;
const OFFER_MS = 5_000;

let client: SqlClient;
let idle: Store;
let busy: Store;
let ears: Listening[] = [];

beforeEach(async () => {
  client = createPgClient({ url: testPostgresUrl() });
  await client.open();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  [idle, busy] = [await opened(), await opened()];
  await idle.migrate();
});

afterEach(async () => {
  for (const each of ears) await each.stop();
  ears = [];
  await idle.close();
  await busy.close();
  await client.script(`drop schema if exists ${SCHEMA} cascade`);
  await client.close();
});

async function opened(options: { listen?: boolean } = {}): Promise<Store> {
  const store = sqlStore(createPgClient({ url: testPostgresUrl(), ...options }), { schema: SCHEMA });
  await store.open();
  return store;
}

/** An ear on the idle store, and what it heard. */
function ear() {
  const heard = { wakes: 0, offers: [] as Offer[], errors: [] as unknown[] };
  let told: () => void = () => undefined;
  const listening = idle.capabilities.signals?.listen({
    worker: "idle",
    onWake: () => {
      heard.wakes += 1;
      told();
    },
    onOffer: (offer) => {
      heard.offers.push(offer);
      told();
    },
    onError: (error) => heard.errors.push(error),
  });
  if (listening === undefined) throw new Error("the store has no signals");
  ears.push(listening);
  const until = async (isHeard: () => boolean) => {
    while (!isHeard()) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  const wakes = (count: number) => until(() => heard.wakes >= count);
  const offers = (count: number) => until(() => heard.offers.length >= count);
  const idleOn = (queue: string, forMs: number, given: Partial<Opening> = {}) =>
    listening.idle([{ queue, max: 0, names: ["n"], ...given }], { forMs, offerMs: OFFER_MS });
  return { listening, heard, wakes, offers, idleOn };
}

function newJob(queue: string, given: Partial<NewJob> = {}): NewJob {
  const row = {
    name: "n",
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: "0{}",
  } as const;
  return { id: newId<JobId>(), queue, ...row, ...given };
}

test("an idle worker hears of a job that another process enqueues", async () => {
  const { idleOn, wakes } = ear();
  await wakes(1); // it listens
  await idleOn("mail", LONG_MS);
  await busy.enqueue([newJob("other"), newJob("mail")]);
  await wakes(2);
});

test("it hears of children, of coordinators, and of jobs of a transaction once that commits", async () => {
  const { idleOn, heard, wakes } = ear();
  await wakes(1);
  await idleOn("mail", LONG_MS);
  await busy.enqueue([newJob("parents")]);
  const lease = newId<never>();
  const [parent] = await busy.claim([{ queue: "parents", max: 1, names: ["n"] }], {
    worker: "busy",
    lease,
    leaseMs: LONG_MS,
  });
  if (parent === undefined) throw new Error("nothing claimed");
  await busy.save([{ id: parent.id, token: parent.token, write: 1, spawn: [newJob("mail")] }]);
  await wakes(2);
  const run = {
    ...{ id: newId<never>(), definition: "d", instance: "i", rerun: false, tenant: "", params: "{}" },
    ...{ queue: "mail", priority: "default" as const },
  };
  await busy.startRun(run, newJob("mail", { run: run.id }));
  await wakes(3);
  await busy.capabilities.transactions?.run(async (transaction) => {
    await busy.enqueue([newJob("mail")], { transaction });
    await busy.find({}, { limit: 1 });
    expect(heard.wakes).toBe(3);
  });
  await wakes(4);
});

test("nobody is told of later jobs, or of queues nobody is idle on", async () => {
  const { idleOn, heard, wakes } = ear();
  await wakes(1);
  await idleOn("mail", LONG_MS);
  await busy.enqueue([newJob("mail", { delayMs: 1 })]);
  await busy.enqueue([newJob("other")]);
  await busy.enqueue([newJob("mail")]); // told of after all before it
  await wakes(2);
  expect(heard.wakes).toBe(2);
});

test("a store whose connections cannot listen still tells others", async () => {
  const { idleOn, wakes } = ear();
  await wakes(1);
  await idleOn("mail", LONG_MS);
  const deaf = await opened({ listen: false });
  expect(deaf.capabilities.signals).toBeUndefined();
  await deaf.enqueue([newJob("mail")]);
  await wakes(2);
  await deaf.close();
});

test("a word that ran out, or of a worker that left, makes nobody notify", async () => {
  const { listening, idleOn, wakes } = ear();
  await wakes(1);
  await idleOn("mail", 0);
  expect((await toldOf("mail"))[0]).toEqual({ told: 0 });
  await idleOn("mail", LONG_MS);
  expect((await toldOf("mail"))[0]).toEqual({ told: 1 });
  await listening.stop();
  expect((await toldOf("mail"))[0]).toEqual({ told: 0 });
});

test("a connection cut by the server is made anew, and the worker looks at once", async () => {
  const { idleOn, heard, wakes } = ear();
  await wakes(1);
  await idleOn("mail", LONG_MS);
  const cut = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen "millrace:${SCHEMA}"%'`,
  );
  expect(cut).toHaveLength(1);
  await wakes(2);
  expect(heard.errors).toMatchObject([{ name: "MillraceError" }]);
  await busy.enqueue([newJob("mail")]);
  await wakes(3);
});

/** What the wake statement says, apart from any enqueue. */
function toldOf(queue: string): Promise<readonly object[]> {
  return client.query(
    `select count(*)::integer as told from ${SCHEMA}.listener l where l.queue = $1 and l.until > now()`,
    [queue],
  );
}
