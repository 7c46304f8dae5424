/** Forgets finished jobs, finished runs, and records of the audit, when they have been kept long enough. */

import { TERMINAL_STATES } from "../../model/job.ts";
import type { RetentionMs } from "../../model/retention.ts";
import { FINISHED_RUN_STATES } from "../../model/run.ts";
import type { Logger } from "../../runtime/logger.ts";
import { Loop } from "../../runtime/service.ts";
import type { Store } from "../../store/store.ts";
import { DeadNotice } from "./dead-notice.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most jobs, runs, rows of a run, or records, of one call. */
const LIMIT = 1_000;
const REST_MS = 60_000;

/**
 * A loop that cleans up once a minute, batch by batch, unless another process is at it; dead letters a minute after a
 * warning at the earliest.
 */
export function cleaner(
  { store, timing, onError, firstRestMs }: SweepOptions,
  { retention, logger }: { readonly retention: RetentionMs; readonly logger: Logger },
): Loop {
  const notice = new DeadNotice({ store, logger, retentionMs: retention.dead });
  const pass = async () => {
    const isMore = [
      await cleanUpJobs(store, retention, notice),
      await cleanUpRuns(store, retention),
      await pruneAudit(store, retention),
    ];
    return isMore.includes(true) ? 0 : REST_MS;
  };
  return new Loop({ name: "clean-up", timing, onError, pass, firstRestMs });
}

/** Whether more is to go. */
async function cleanUpJobs(
  store: Pick<Store, "cleanUp">,
  retention: RetentionMs,
  notice: DeadNotice,
): Promise<boolean> {
  let isMore = false;
  for (const state of TERMINAL_STATES) {
    const olderThanMs = retention[state];
    if (olderThanMs === Number.POSITIVE_INFINITY) continue;
    if (state === "dead" && !(await notice.mayRemove())) continue;
    const report = await store.cleanUp({ olderThanMs, states: [state], limit: LIMIT, background: true });
    isMore ||= report.more;
  }
  return isMore;
}

/** The same of runs; they may have been removed by hand too, whose rows go whatever the retention is. */
async function cleanUpRuns(
  store: Pick<Store, "cleanUpRuns" | "purgeRuns">,
  { runs: olderThanMs }: RetentionMs,
): Promise<boolean> {
  const old = { olderThanMs, states: FINISHED_RUN_STATES, limit: LIMIT, background: true };
  const hasOlder = olderThanMs !== Number.POSITIVE_INFINITY && (await store.cleanUpRuns(old)).more;
  return (await store.purgeRuns({ limit: LIMIT })).more || hasOlder;
}

/** Whether more is to go; where nothing went, another process may be at it. */
async function pruneAudit(
  store: Pick<Store, "pruneAudit">,
  { audit: olderThanMs }: RetentionMs,
): Promise<boolean> {
  if (olderThanMs === Number.POSITIVE_INFINITY) return false;
  const { pruned, more } = await store.pruneAudit({ olderThanMs, limit: LIMIT });
  return pruned > 0 && more;
}
