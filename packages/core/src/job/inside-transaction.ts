/** Runs work in transactions of the store, and refuses calls in it that would wait for the transaction they are made in. */
import { MillraceError } from "../model/errors.ts";
import type { Transaction } from "../store/call.ts";
import type { TransactionCapability, TransactionOptions } from "../store/store.ts";
import { insideTransaction, whileInside } from "./current.ts";

/** Runs `work` in a transaction; where that has the store's one connection, what `work` calls can tell. */
export function runIn<T>(
  transactions: TransactionCapability,
  work: (transaction: Transaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return transactions.run((transaction) => inside(transactions, () => work(transaction)), options);
}

/** Does what belongs to a transaction that is open. */
export function inside<T>(
  { exclusive = false }: Pick<TransactionCapability, "exclusive">,
  work: () => Promise<T>,
): Promise<T> {
  return exclusive ? whileInside(work) : work();
}

/**
 * For a call on the store that joins no transaction.
 * @throws MillraceError `bad-usage` where the code that asks is inside one that has the store's one connection.
 */
export function refuseInside(): void {
  if (!insideTransaction()) return;
  throw new MillraceError(
    "bad-usage",
    "a call of millrace was made inside a transaction of an embedded store and not in it: the transaction has the store's " +
      "one connection, so the call would wait for itself; give it { transaction } where it takes one, or make it before " +
      "or after the transaction",
  );
}
