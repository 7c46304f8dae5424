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
    const { children, next } = await childPage(store, parent, after);
    yield* children;
    after = next;
  } while (after !== undefined);
}

/** Some of them, and where the next begin. */
export async function childPage(
  store: Pick<Store, "find">,
  parent: JobId,
  after: string | undefined,
): Promise<{ readonly children: readonly ChildResult[]; readonly next: string | undefined }> {
  const { rows, next } = await store.find({ parent }, { limit: PAGE, after });
  return { children: rows.map(resultOf), next };
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
