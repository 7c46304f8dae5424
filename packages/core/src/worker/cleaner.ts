/** Forgets finished jobs when they have been kept long enough. */

import { TERMINAL_STATES } from "../model/job.ts";
import type { RetentionMs } from "../model/retention.ts";
import type { Logger } from "../runtime/logger.ts";
import { Loop } from "../runtime/service.ts";
import { DeadNotice } from "./dead-notice.ts";
import type { SweepOptions } from "./rescuer.ts";

/** Most jobs of one call. */
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
    let isMore = false;
    for (const state of TERMINAL_STATES) {
      const olderThanMs = retention[state];
      if (olderThanMs === Number.POSITIVE_INFINITY) continue;
      if (state === "dead" && !(await notice.mayRemove())) continue;
      const report = await store.cleanUp({ olderThanMs, states: [state], limit: LIMIT, background: true });
      isMore ||= report.more;
    }
    return isMore ? 0 : REST_MS;
  };
  return new Loop({ name: "clean-up", timing, onError, pass, firstRestMs });
}
