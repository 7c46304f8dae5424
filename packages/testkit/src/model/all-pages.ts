/** Reads listings whole. */
import type { Page, PageOptions } from "@millrace/core";

/** Longest listing a check may meet, in pages; more means that a cursor goes round in circles. */
export const MAX_PAGES = 1_000;

/** Reads a listing to its end. */
export async function allPages<T>(
  limit: number,
  read: (page: PageOptions) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const rows: T[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await read(after === undefined ? { limit } : { limit, after });
    if (page.rows.length > limit) throw new Error(`a page of limit ${limit} has ${page.rows.length} rows`);
    rows.push(...page.rows);
    if (page.next === undefined) return rows;
    after = page.next;
  }
  throw new Error(`a listing with limit ${limit} goes on after ${MAX_PAGES} pages`);
}
