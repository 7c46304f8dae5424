/** Reads a job's children for its handler. */
import type { ChildResult } from "../job/child.ts";
import { decodeAttempts } from "../model/attempt.ts";
import type { JobId } from "../model/ids.ts";
import type { JobRow } from "../model/job.ts";
import type { Store } from "../store/store.ts";

const PAGE = 200;

/** The children of a job, newest first, page by page. */
export async function* childResults(store: Pick<Store, "find">, parent: JobId): AsyncGenerator<ChildResult> {
  let after: string | undefined;
  do {
    const page = await store.find({ parent }, { limit: PAGE, after });
    for (const row of page.rows) yield resultOf(row);
    after = page.next;
  } while (after !== undefined);
}

function resultOf(row: JobRow): ChildResult {
  const last = decodeAttempts(row.records).at(-1);
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    result: row.state === "completed" ? (last?.result ?? null) : null,
    error: last?.error ?? null,
  };
}
