/** Transactions of Kysely on a PostgreSQL dialect. */
import { MillraceError } from "@millrace/core";
import type { ForeignQuery } from "./foreign-session.ts";

interface Compiled {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: object;
  readonly queryId: { readonly queryId: string };
}

/** What matters of Kysely's objects; `isTransaction` tells its transactions from Kysely itself. */
interface KyselyLike {
  readonly isTransaction: boolean;
  executeQuery(query: Compiled): Promise<{ readonly rows: readonly object[] }>;
  getExecutor(): {
    readonly adapter: { readonly supportsReturning: boolean; readonly supportsTransactionalDdl: boolean };
  };
  withoutPlugins(): KyselyLike;
}

/** Whether it is Kysely, inside or outside a transaction. */
export function isKysely(given: object): given is KyselyLike {
  return "isTransaction" in given && "executeQuery" in given && "getExecutor" in given;
}

/** Statements past the caller's plugins. @throws MillraceError `bad-usage` for another database's dialect. */
export function queryOnKysely(kysely: KyselyLike): ForeignQuery {
  const { supportsReturning, supportsTransactionalDdl } = kysely.getExecutor().adapter;
  if (!supportsReturning || !supportsTransactionalDdl) {
    throw new MillraceError(
      "bad-usage",
      "the Kysely transaction is of another database than PostgreSQL; begin one where the store is",
    );
  }
  const plain = kysely.withoutPlugins();
  return async (text, values) => (await plain.executeQuery(compiled(text, values))).rows;
}

function compiled(sql: string, parameters: readonly unknown[]): Compiled {
  const query = { kind: "RawNode", sqlFragments: [sql], parameters: [] };
  return { sql, parameters, query, queryId: { queryId: "millrace" } };
}
