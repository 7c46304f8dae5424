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

  let clear = "";

  return {
    name: options.name,
    start: async () => {
      const sql = await client();
      await sql.script(`drop schema if exists "${schema}" cascade`);
      await sqlStore(sql, { schema }).migrate();
      await sql.script(MOVED_CLOCK.replaceAll("millrace.", `"${schema}".`));
      await sql.script(`alter table "${schema}".audit disable trigger audit_kept`); // homes are emptied for each test
      clear = await clearingStatement(sql, schema);
    },
    create: async () => {
      const sql = await client();
      let nowMs = START_MS;
      const advance = async (ms: number): Promise<void> => {
        nowMs += ms;
        await (await client()).query(`select setval('"${schema}".test_clock', $1)`, [nowMs]);
      };
      await sql.query(clear);
      await advance(0);
      return {
        store: { ...sqlStore(sql, { schema }), close },
        advance,
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

/**
 * The store's clock as one that tells the same moment until moved. It stands in a sequence, which every connection sees
 * at once: a function replaced at each move would have every prepared statement planned anew.
 */
const MOVED_CLOCK = `
create sequence millrace.test_clock;
create or replace function millrace.store_now() returns timestamptz language plpgsql stable as $$
begin
  return timestamptz 'epoch' + pg_sequence_last_value('millrace.test_clock') * interval '1 millisecond';
end $$`;

/** A statement that deletes every row; cheaper than truncate, which makes new files for each table. */
async function clearingStatement(client: SqlClient, schema: string): Promise<string> {
  const tables = await client.query<{ name: string }>(
    `select tablename as name from pg_tables
     where schemaname = $1 and tablename not in ('migration', 'finished_default')`,
    [schema],
  );
  const deletes = tables.map(({ name }, index) => `t${index} as (delete from "${schema}"."${name}")`);
  return `with ${deletes.join(", ")} select`;
}
