/** Transactions of postgres.js: the `sql` that `sql.begin` hands to its callback. */
import { decoderOf } from "../decode-value.ts";
import type { ForeignQuery } from "./foreign-session.ts";

interface RawRows extends ReadonlyArray<readonly (Uint8Array | null)[]> {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
}

/** What matters of a postgres.js transaction. */
interface TransactionSqlLike {
  unsafe(
    text: string,
    values: readonly unknown[],
    options: { readonly prepare: false },
  ): { raw(): Promise<RawRows> };
}

/** Whether it is a postgres.js transaction, at its top or at a savepoint. */
export function isTransactionSql(given: object): given is TransactionSqlLike {
  return isSql(given) && "savepoint" in given;
}

/** Whether it is postgres.js at all. */
export function isSql(given: object): boolean {
  return typeof given === "function" && "unsafe" in given && "array" in given;
}

/** Unprepared statements; rows come raw, so no parser or column transform of the caller's changes them. */
export function queryOnTransactionSql(sql: TransactionSqlLike): ForeignQuery {
  return async (text, values) => {
    const rows = await sql.unsafe(text, values, { prepare: false }).raw();
    return rows.map((row) => decodeRow(row, rows.columns));
  };
}

function decodeRow(row: readonly (Uint8Array | null)[], columns: RawRows["columns"]): object {
  const entries = columns.map(({ name, type }, index) => {
    const bytes = row[index] ?? null;
    return [name, bytes === null ? null : decoderOf(type)(Buffer.from(bytes).toString("utf8"))] as const;
  });
  return Object.fromEntries(entries);
}
