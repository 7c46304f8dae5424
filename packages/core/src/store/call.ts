/** What every store call takes and what paged reads give. */

declare const transactionBrand: unique symbol;

/** What a statement of one's own may bind. Objects are refused: pass JSON text. */
export type TransactionValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | null
  | undefined
  | readonly TransactionValue[];

/** A database transaction of a store that has the `transactions` capability, as that store made it. */
export interface Transaction {
  readonly [transactionBrand]: true;
  /**
   * Runs one SQL statement of the caller's own in it, values bound as `$1`, `$2` …; never `begin`, `commit` or
   * `rollback`. Numbers and booleans come as such, bytea as bytes, every other type as PostgreSQL's own text.
   * @throws MillraceError `store-failed` with `details.sqlState`; the transaction can only roll back then.
   */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly TransactionValue[],
  ): Promise<readonly Row[]>;
}

type Method = (...call: never[]) => unknown;

/**
 * A transaction that the caller's own database library has open, known by its shape: a `pg` client after `begin`, a
 * postgres.js transaction, a Drizzle transaction, a Kysely transaction. Which of them it takes is the store's affair.
 */
export type ForeignTransaction =
  | { readonly query: Method; readonly escapeIdentifier: Method }
  | { readonly unsafe: Method; readonly savepoint: Method }
  | { readonly execute: Method; readonly rollback: Method }
  | { readonly executeQuery: Method; readonly isTransaction: true };

/** Any transaction that a write may join. */
export type AnyTransaction = Transaction | ForeignTransaction;

/** Options of calls that can join a transaction: one of {@link TransactionCapability}, or of the caller's own library. */
export interface WriteOptions {
  readonly transaction?: AnyTransaction | undefined;
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
