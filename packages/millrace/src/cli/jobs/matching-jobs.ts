/** Jobs that fit a filter, page by page, newest first: any number of them takes little memory. */
import type { JobFilter, JobRow, Store } from "@millrace/core";

/** From where, and until when, to look. */
export interface MatchingOptions {
  /** Only jobs after this one in the list: the id of the last one seen. */
  readonly after?: string | undefined;
  /** Looks no further once it fires. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAGE = 200;
const MAX_PAGE = 1_000;
/** Characters of a page's rows, about; a single row may have a million. */
const PAGE_WEIGHT = 4_000_000;

/** The jobs of each page; pages without any are left out. */
export async function* matchingJobs(
  store: Pick<Store, "find">,
  filter: JobFilter,
  { after, signal }: MatchingOptions = {},
): AsyncGenerator<readonly JobRow[]> {
  let cursor = after;
  let limit = FIRST_PAGE;
  while (signal?.aborted !== true) {
    const { rows, next } = await store.find(filter, { limit, after: cursor });
    if (rows.length > 0) yield rows;
    if (next === undefined) return;
    cursor = next;
    limit = nextLimit(rows);
  }
}

/** As many rows as weigh enough, if they are like those before. */
function nextLimit(rows: readonly JobRow[]): number {
  const weight = rows.reduce((sum, { envelope, records }) => sum + envelope.length + records.length, 1);
  return Math.max(1, Math.min(MAX_PAGE, Math.floor((PAGE_WEIGHT * rows.length) / weight)));
}
