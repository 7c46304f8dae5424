/** Homes on SQL: one client for a whole test file, a schema emptied for each test, a clock the tests move. */
import { type SqlClient, sqlStore } from "@millrace/postgres";
import type { TestHome, TestStore } from "../test-store.ts";

const START_MS = 1_700_000_000_000;

/** How a SQL home gets its database. */
export interface SqlHomeOptions {
  readonly name: string;
  readonly schema: string;
  connect(): Promise<SqlClient>;
}

/** A home whose stores share one database and schema, one after the other. */
export function sqlHome(options: SqlHomeOptions): TestHome {
  const { schema } = options;
  let client: SqlClient | undefined;

  function connected(): SqlClient {
    if (client === undefined) throw new TypeError(`${options.name} was not started`);
    return client;
  }

  return {
    name: options.name,
    start: async () => {
      client = await options.connect();
      await client.open();
      await client.script(`drop schema if exists "${schema}" cascade`);
      await sqlStore(client, { schema }).migrate();
    },
    create: () => createStore(connected(), schema),
    stop: async () => {
      await client?.script(`drop schema if exists "${schema}" cascade`);
      await client?.close();
      client = undefined;
    },
  };
}

async function createStore(client: SqlClient, schema: string): Promise<TestStore> {
  let nowMs = START_MS;
  const setClock = (): Promise<void> =>
    client.script(
      `create or replace function "${schema}".store_now() returns timestamptz language sql stable
       as 'select timestamptz ''epoch'' + ${nowMs} * interval ''1 millisecond'''`,
    );
  await empty(client, schema);
  await setClock();
  const store = sqlStore(client, { schema });
  return {
    store,
    advance: async (ms) => {
      nowMs += ms;
      await setClock();
    },
    dispose: async () => undefined,
  };
}

async function empty(client: SqlClient, schema: string): Promise<void> {
  const tables = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = $1 and tablename <> 'migration'",
    [schema],
  );
  const names = tables.map(({ name }) => `"${schema}"."${name}"`).join(", ");
  await client.script(`truncate ${names} restart identity`);
}
