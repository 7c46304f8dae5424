/** Transactions of node-postgres: a client that has begun one. */
import { MillraceError } from "@millrace/core";
import { decoderOf } from "../decode-value.ts";
import type { ForeignQuery } from "./foreign-session.ts";

/** What matters of a `pg` client, of any version. */
interface PgClientLike {
  query(config: object): Promise<{ readonly rows: readonly object[] }>;
  /** `I` outside a transaction; newer versions only. */
  getTransactionStatus?(): string | null;
}

const TYPES = { getTypeParser: (typeId: number) => decoderOf(typeId) };
const NO_TRANSACTION = "25P01";

/** Whether it is a client of `pg`, not its pool. */
export function isPgClient(given: object): given is PgClientLike {
  return "query" in given && "connectionParameters" in given && "escapeIdentifier" in given;
}

/** Whether it is a pool of `pg`. */
export function isPgPool(given: object): boolean {
  return "query" in given && "connect" in given && "totalCount" in given && "waitingCount" in given;
}

/**
 * Statements on a client inside a transaction. They have no name, so they cannot collide with the caller's.
 * @throws MillraceError `bad-usage` where the client has none open.
 */
export async function queryOnPgClient(client: PgClientLike): Promise<ForeignQuery> {
  if (!(await isInTransaction(client))) {
    throw new MillraceError(
      "bad-usage",
      'the pg client given as transaction has none open: await client.query("begin") first, or leave `transaction` out',
    );
  }
  return async (text, values) => (await client.query({ text, values, types: TYPES })).rows;
}

async function isInTransaction(client: PgClientLike): Promise<boolean> {
  if (client.getTransactionStatus !== undefined) return client.getTransactionStatus() !== "I";
  try {
    await client.query({ text: "savepoint millrace_join" });
    await client.query({ text: "release savepoint millrace_join" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === NO_TRANSACTION) return false;
    throw error;
  }
}
