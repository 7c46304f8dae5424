/** Transactions of the store for programs that have no database library of their own. */
import type { Engine } from "../job/engine.ts";
import { refuseInside, runIn } from "../job/inside-transaction.ts";
import { MillraceError } from "../model/errors.ts";
import type { Transaction } from "../store/call.ts";
import { noTransactions } from "../store/no-transactions.ts";

/** Longest wait in ms until handlers and other programs' transactions leave a connection. */
const TURN_MS = 30_000;

/**
 * Runs `work` once in a transaction of the store, and has local workers look for what it enqueued.
 * @throws MillraceError `unsupported` on a store without transactions, `deadline-exceeded` where no turn came,
 * `bad-usage` inside another one of an embedded store.
 */
export async function runInTransaction<T>(
  { store, timing, open, nudge }: Engine,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  refuseInside();
  await open();
  const { transactions } = store.capabilities;
  if (transactions === undefined) throw noTransactions("mr.transaction was called");
  const turn = new AbortController();
  const cancel = timing.after(TURN_MS, () => turn.abort(noTurn()));
  try {
    const value = await runIn(
      transactions,
      (transaction) => {
        cancel();
        return work(transaction);
      },
      { turn: turn.signal },
    );
    nudge();
    return value;
  } finally {
    cancel();
  }
}

function noTurn(): MillraceError {
  return new MillraceError(
    "deadline-exceeded",
    `no transaction could be opened within ${TURN_MS} ms, for others were; nothing of it ran`,
  );
}
