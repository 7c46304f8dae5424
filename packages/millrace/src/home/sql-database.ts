/** The database that a SQL store runs on, as the collections see it. */
import { type CopyValue, encodeCopy, type SqlClient, sqlOf } from "@millrace/postgres";
import type { Database } from "@millrace/rag";

/** Joins a store's client to the collections: same database, same transactions. */
export function databaseOver(client: SqlClient): Database {
  return {
    query: (text, values) => client.query(text, values),
    script: (text, limitMs) => client.script(text, limitMs),
    copyIn: (text, chunks) => client.copyIn(text, chunks),
    transaction: (work) => client.transaction(work),
    joined: (transaction) => sqlOf(transaction),
    // The collections give each column what its type takes; the encoder checks every value.
    encode: (columns, rows) => encodeCopy(rows as Iterable<readonly CopyValue[]>, { columns }),
  };
}
