/** Finds out whose transaction a caller handed in, and how to run statements in it. */
import { MillraceError } from "@millrace/core";
import type { SqlSession } from "../sql-client.ts";
import { type ForeignQuery, foreignSession } from "./foreign-session.ts";
import { isKysely, queryOnKysely } from "./kysely-transaction.ts";
import { isPgClient, isPgPool, queryOnPgClient } from "./pg-transaction.ts";
import { isSql, isTransactionSql, queryOnTransactionSql } from "./postgres-js-transaction.ts";

/** Drizzle's own mark on its classes, the same in all its builds. */
const DRIZZLE_KIND = Symbol.for("drizzle:entityKind");
const DRIZZLE_TRANSACTIONS: ReadonlySet<unknown> = new Set(["NodePgTransaction", "PostgresJsTransaction"]);

const ACCEPTED =
  "`transaction` takes what mr.transaction or ctx.transaction gives, a pg client after begin, a postgres.js " +
  "transaction (sql.begin), a Drizzle transaction (node-postgres or postgres-js) or a Kysely transaction (PostgreSQL)";

/**
 * The transaction of the caller's library as a session.
 * @throws MillraceError `bad-usage` for anything that is no open transaction of a library known here.
 */
export async function joinTransaction(given: unknown): Promise<Pick<SqlSession, "query">> {
  if ((typeof given !== "object" && typeof given !== "function") || given === null) {
    throw refused(`it is ${given === null ? "null" : `a ${typeof given}`}`);
  }
  return foreignSession(await queryOn(given));
}

async function queryOn(given: object): Promise<ForeignQuery> {
  const kind = drizzleKindOf(given);
  if (kind !== undefined) return queryOn(drizzleClientOf(given, kind));
  if (isPgClient(given)) return queryOnPgClient(given);
  if (isTransactionSql(given)) return queryOnTransactionSql(given);
  if (isKysely(given)) {
    if (!given.isTransaction) throw refused("it is Kysely itself; use db.transaction().execute((trx) => …)");
    return queryOnKysely(given);
  }
  if (isPgPool(given))
    throw refused("it is a pg pool, and a pool is no transaction; use one client: await pool.connect()");
  if (isSql(given)) throw refused("it is postgres.js itself; use sql.begin((tx) => …)");
  throw refused(`it is ${Array.isArray(given) ? "an array" : (given.constructor?.name ?? "an object")}`);
}

/** The name of its Drizzle class, where it has one. */
function drizzleKindOf(given: object): unknown {
  return (given.constructor as { readonly [DRIZZLE_KIND]?: unknown } | undefined)?.[DRIZZLE_KIND];
}

/** Drizzle's own runners wrap errors and parse rows; below them is the driver's transaction. */
function drizzleClientOf(given: object, kind: unknown): object {
  const { session } = given as { readonly session?: { readonly client?: unknown } };
  const client = session?.client;
  const isObject = typeof client === "object" || typeof client === "function";
  if (DRIZZLE_TRANSACTIONS.has(kind) && isObject && client !== null) return client;
  throw refused(`it is Drizzle's ${String(kind)}; use the tx of db.transaction((tx) => …)`);
}

function refused(what: string): MillraceError {
  return new MillraceError("bad-usage", `this cannot be joined: ${what}. ${ACCEPTED}.`);
}
