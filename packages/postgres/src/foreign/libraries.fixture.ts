/** Every database library whose transactions can be joined, each opening them in its own way. */
import type { ForeignTransaction } from "@millrace/core";
import { drizzle as drizzleOnPg } from "drizzle-orm/node-postgres";
import { drizzle as drizzleOnPostgresJs } from "drizzle-orm/postgres-js";
import { CamelCasePlugin, CompiledQuery, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import postgres from "postgres";

/** Opens a transaction; the second argument runs a statement of the caller's own in it. */
type Work = (transaction: ForeignTransaction, sql: (text: string) => Promise<unknown>) => Promise<void>;

/** A library under test. */
export interface Library {
  readonly name: string;
  /** Whether it survives that a transaction's connection is cut. */
  readonly outlivesCuts: boolean;
  /** Commits when the work resolves, rolls back when it rejects. */
  transaction(work: Work): Promise<void>;
  end(): Promise<void>;
}

/** All of them on one server. */
export function libraries(url: string): readonly Library[] {
  const pool = poolAt(url);
  const sql = postgres(url, { max: 2, onnotice: () => undefined, transform: postgres.camel });
  const dialect = new PostgresDialect({ pool: poolAt(url) });
  const kysely = new Kysely<Record<string, never>>({ dialect, plugins: [new CamelCasePlugin()] });
  const drizzlePool = poolAt(url);
  const drizzleSql = postgres(url, { max: 2, onnotice: () => undefined });
  return [
    {
      name: "pg",
      outlivesCuts: true,
      transaction: (work) => inPgTransaction(pool, work),
      end: () => pool.end(),
    },
    {
      name: "postgres.js",
      outlivesCuts: false,
      transaction: async (work) => {
        await sql.begin((tx) => work(tx, (text) => tx.unsafe(text)));
      },
      end: () => sql.end(),
    },
    {
      name: "postgres.js at a savepoint",
      outlivesCuts: false,
      transaction: async (work) => {
        await drizzleSql.begin((tx) => tx.savepoint((inner) => work(inner, (text) => inner.unsafe(text))));
      },
      end: async () => undefined,
    },
    {
      name: "Drizzle on node-postgres",
      outlivesCuts: true,
      transaction: (work) =>
        drizzleOnPg(drizzlePool).transaction((tx) => work(tx, (text) => tx.execute(text))),
      end: () => drizzlePool.end(),
    },
    {
      name: "Drizzle on postgres.js",
      outlivesCuts: false,
      transaction: (work) =>
        drizzleOnPostgresJs(drizzleSql).transaction((tx) => work(tx, (text) => tx.execute(text))),
      end: () => drizzleSql.end(),
    },
    {
      name: "Kysely",
      outlivesCuts: true,
      transaction: (work) =>
        kysely.transaction().execute((trx) => work(trx, (text) => trx.executeQuery(CompiledQuery.raw(text)))),
      end: () => kysely.destroy(),
    },
  ];
}

/** Connections that are cut say so to their statements; unheard, their event would end the process. */
function poolAt(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const ignore = () => undefined;
  return pool.on("error", ignore).on("connect", (client) => void client.on("error", ignore));
}

async function inPgTransaction(pool: pg.Pool, work: Work): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await work(client, (text) => client.query(text));
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
