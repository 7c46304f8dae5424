/** One schema of the test server for one race, and a store on it. */
import { createMillrace, defineJob, JOB_STATES, type Millrace } from "@millrace/core";
import { createPgClient, type SqlClient, sqlStore } from "@millrace/postgres";

/** The job every race runs; its handler is the processes' own. */
export const raceJob = defineJob({ name: "race", queue: "race" });

const SCOPES = ["queue:race:default"];
const STATES: readonly string[] = ["queued", ...JOB_STATES];
const POLL_MS = 100;

/** A store of its own, and what it counts. */
export interface RaceStore {
  readonly url: string;
  readonly schema: string;
  readonly mr: Millrace;
  /** How many of the queue's jobs are, or came to be, in each state. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Waits until the counters say so. */
  until(isSo: (counts: Readonly<Record<string, number>>) => boolean): Promise<void>;
  /** Has the store's clock go on this far ahead of the server's. */
  setAhead(ms: number): Promise<void>;
  remove(): Promise<void>;
}

/** Makes it; `schema` is emptied first. */
export async function raceStore(url: string, schema: string): Promise<RaceStore> {
  const client = createPgClient({ url });
  await client.open();
  await client.script(`drop schema if exists ${schema} cascade`);
  const mr = createMillrace({ store: sqlStore(createPgClient({ url }), { schema }) });
  await mr.open();
  const counts = async () => {
    const counters = (await mr.store.counters(SCOPES))[SCOPES[0] ?? ""] ?? {};
    return Object.fromEntries(Object.entries(counters).filter(([name]) => STATES.includes(name)));
  };
  return {
    url,
    schema,
    mr,
    counts,
    until: async (isSo) => {
      while (!isSo(await counts())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    },
    setAhead: (ms) => client.script(storeNowAhead(schema, ms)),
    remove: () => removed(client, mr, schema),
  };
}

function storeNowAhead(schema: string, ms: number): string {
  return `create or replace function ${schema}.store_now() returns timestamptz language sql stable
    as 'select now() + interval ''${ms} ms'''`;
}

async function removed(client: SqlClient, mr: Millrace, schema: string): Promise<void> {
  await mr.close();
  await client.script(`drop schema if exists ${schema} cascade`);
  await client.close();
}
