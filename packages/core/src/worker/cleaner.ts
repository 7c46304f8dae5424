/** Forgets finished jobs when they have been kept long enough. */

import { TERMINAL_STATES } from "../model/job.ts";
import type { RetentionMs } from "../model/retention.ts";
import { Loop } from "../runtime/service.ts";
import type { SweepOptions } from "./rescuer.ts";

/** Most jobs of one call. */
const LIMIT = 1_000;
const REST_MS = 60_000;

/** A loop that cleans up once a minute, batch by batch, unless another process is at it. */
export function cleaner({ store, timing, onError, firstRestMs }: SweepOptions, retention: RetentionMs): Loop {
  const pass = async () => {
    let isMore = false;
    for (const state of TERMINAL_STATES) {
      const olderThanMs = retention[state];
      if (olderThanMs === Number.POSITIVE_INFINITY) continue;
      const report = await store.cleanUp({ olderThanMs, states: [state], limit: LIMIT, background: true });
      isMore ||= report.more;
    }
    return isMore ? 0 : REST_MS;
  };
  return new Loop({ name: "clean-up", timing, onError, pass, firstRestMs });
}
