/** Runs an attempt in one transaction of the store, whose last statement settles it. */
import { type Control, makeControl, meaningOf } from "../job/control.ts";
import type { Transaction } from "../store/call.ts";
import { noTransactions } from "../store/no-transactions.ts";
import type { TransactionCapability } from "../store/store.ts";
import type { Holder } from "./holder.ts";

/** An attempt to be run so. */
export interface TransactionalAttempt {
  readonly holder: Holder;
  readonly transactions: TransactionCapability | undefined;
  /** Runs the handler, for no longer than its timeout and grace; a control it throws is given as one it returns. */
  run(transaction: Transaction): Promise<unknown>;
  /** Settles inside the transaction. @throws LeaseLost, JobCancelled */
  settle(control: Control, transaction: Transaction): Promise<Control>;
}

/**
 * Gives the settled control once everything is committed. Whatever rejects has rolled everything back, and the attempt
 * is still to be settled; unless the commit's answer was lost, which settling again finds out by the token.
 */
export async function runTransactional(attempt: TransactionalAttempt): Promise<unknown> {
  const { holder, transactions } = attempt;
  if (transactions === undefined) throw noTransactions(`job "${holder.job.name}" is transactional`);
  let isRunning = false;
  const work = async (transaction: Transaction): Promise<unknown> => {
    isRunning = true;
    const value = await attempt.run(transaction).finally(() => {
      isRunning = false;
    });
    refuseLate(holder);
    return meaningOf(value)?.end.kind === "settled" ? value : attempt.settle(controlOf(value), transaction);
  };
  try {
    return await transactions.run(work, { turn: holder.signal });
  } catch (error) {
    if (isRunning) holder.abort("timeout"); // the transaction was given up under the handler: it idled too long
    throw error;
  }
}

/** Of a handler in a transaction: a control it throws is given as one it returns, its children's inputs are part of it. */
export async function wholly(holder: Holder, handling: Promise<unknown>): Promise<unknown> {
  const value = await handling.catch((error: unknown) => {
    if (meaningOf(error) !== undefined) return error;
    throw error;
  });
  await holder.checkingChildren;
  return value;
}

/** A handler that ran past its time, or past its job's cancel, keeps nothing, even if it then succeeded. */
function refuseLate(holder: Holder): void {
  const { cause } = holder;
  if (cause === "timeout" || cause === "cancelled" || cause === "lease-lost") throw holder.reasonOf(cause);
}

function controlOf(value: unknown): Control {
  if (meaningOf(value) !== undefined) return value as Control; // only controls have a meaning
  return makeControl({ parts: {}, end: { kind: "completed", result: value } });
}
