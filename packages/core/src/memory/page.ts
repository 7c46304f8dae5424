/** Cuts pages out of keys in order. */
import type { Page } from "../store/call.ts";

/** What to page through: `row` gives `undefined` for keys that do not belong. */
export interface Paging<K extends string, R> {
  readonly keys: Iterable<K>;
  readonly limit: number;
  readonly row: (key: K) => R | undefined;
}

/** The first rows that belong; `next` is the last one's key where more follow. */
export function pageOf<K extends string, R>(paging: Paging<K, R>): Page<R> {
  const rows: R[] = [];
  let last: K | undefined;
  for (const key of paging.keys) {
    const row = paging.row(key);
    if (row === undefined) continue;
    if (rows.length >= paging.limit) return { rows, next: last };
    rows.push(row);
    last = key;
  }
  return { rows };
}
