/** What every store call takes and what paged reads give. */

declare const transactionBrand: unique symbol;

/** A database transaction of a store that has the `transactions` capability; opaque to everything but its store. */
export type Transaction = { readonly [transactionBrand]: true };

/** Options of calls that can join a transaction of {@link TransactionCapability}. */
export interface WriteOptions {
  readonly transaction?: Transaction | undefined;
}

/** Which part of a listing to give: at most `limit` rows after the cursor of an earlier page. */
export interface PageOptions {
  readonly limit: number;
  readonly after?: string | undefined;
}

/** One page; `next` is there while more may follow. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next?: string | undefined;
}
