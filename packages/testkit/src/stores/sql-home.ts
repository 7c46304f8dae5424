/** Homes on SQL: one client for a whole test file, a schema emptied for each test, a clock the tests move. */
import { type SqlClient, sqlStore } from "@millrace/postgres";
import type { TestHome } from "../test-store.ts";

const START_MS = 1_700_000_000_000;

/** How a SQL home gets its database; every client of one home must reach the same. */
export interface SqlHomeOptions {
  readonly name: string;
  readonly schema: string;
  connect(): Promise<SqlClient>;
}

/**
 * A home whose stores share one database and schema, one after the other. A store that a test closed is followed by
 * one on a new client.
 */
export function sqlHome(options: SqlHomeOptions): TestHome {
  const { schema } = options;
  let open: SqlClient | undefined;

  async function client(): Promise<SqlClient> {
    if (open === undefined) {
      open = await options.connect();
      await open.open();
    }
    return open;
  }

  async function close(): Promise<void> {
    const closing = open;
    open = undefined;
    await closing?.close();
  }

  return {
    name: options.name,
    start: async () => {
      const sql = await client();
      await sql.script(`drop schema if exists "${schema}" cascade`);
      await sqlStore(sql, { schema }).migrate();
    },
    create: async () => {
      const sql = await client();
      await empty(sql, schema);
      const clock = await stoppedClock(client, schema);
      return {
        store: { ...sqlStore(sql, { schema }), close },
        advance: clock.advance,
        lose: async (id) => {
          await (await client()).query(`delete from "${schema}".job where id = $1::uuid`, [id]);
        },
        reopen: async () => {
          await close();
          open = await options.connect();
          const store = sqlStore(open, { schema });
          await store.open();
          return { ...store, close };
        },
        dispose: async () => undefined,
      };
    },
    stop: async () => {
      await (await client()).script(`drop schema if exists "${schema}" cascade`);
      await close();
    },
  };
}

/** Replaces the store's clock function by one that tells the same moment until moved. */
async function stoppedClock(
  client: () => Promise<SqlClient>,
  schema: string,
): Promise<{ advance(ms: number): Promise<void> }> {
  let nowMs = START_MS;
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms;
    const sql = await client();
    await sql.script(
      `create or replace function "${schema}".store_now() returns timestamptz language sql stable
       as $$ select timestamptz 'epoch' + ${nowMs} * interval '1 millisecond' $$`,
    );
  };
  await advance(0);
  return { advance };
}

/** Deletes every row; cheaper than truncate, which makes new files for each table. */
async function empty(client: SqlClient, schema: string): Promise<void> {
  const tables = await client.query<{ name: string }>(
    `select tablename as name from pg_tables
     where schemaname = $1 and tablename not in ('migration', 'finished_default')`,
    [schema],
  );
  const deletes = tables.map(({ name }) => `delete from "${schema}"."${name}"`);
  await client.script(`begin; ${deletes.join("; ")}; commit`);
}
