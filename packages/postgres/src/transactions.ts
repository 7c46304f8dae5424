/** The `transactions` capability on SQL. */
import {
  MillraceError,
  type Transaction,
  type TransactionCapability,
  type TransactionOptions,
} from "@millrace/core";
import { Places } from "./places.ts";
import { asTransaction, inTransaction } from "./session.ts";
import type { SqlClient } from "./sql-client.ts";

/** Transactions of a database; work that waits for its turn gets at most half of the connections. */
export function transactionsOn(client: SqlClient): TransactionCapability {
  const places = new Places(Math.max(1, Math.floor(client.connections / 2)));
  return {
    exclusive: client.exclusive,
    run: <T>(work: (transaction: Transaction) => Promise<T>, { turn }: TransactionOptions = {}) => {
      if (turn === undefined) return inTransaction(client, (sql) => work(asTransaction(sql)));
      return inTurn(client, () =>
        places.run(turn, () => client.transaction((sql) => work(asTransaction(sql)))),
      );
    },
  };
}

async function inTurn<T>(client: SqlClient, run: () => Promise<T>): Promise<T> {
  if (client.exclusive || client.connections > 1) return run();
  throw new MillraceError(
    "bad-config",
    "a transaction that a handler or a program holds open needs a pool of 2 or more: raise store.poolSize",
  );
}
