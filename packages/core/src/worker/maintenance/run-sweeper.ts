/** Has no run stay active that nobody drives any more. */
import { Loop } from "../../runtime/service.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most runs of one pass. */
const LIMIT = 100;

/** A loop that sweeps runs once per sweep, whose cancellation waits for it. */
export function runSweeper({ store, timing, onError, sweepMs, firstRestMs }: SweepOptions): Loop {
  const pass = async () => {
    const swept = await store.sweepRuns({ limit: LIMIT });
    return swept.length === LIMIT ? 0 : sweepMs;
  };
  return new Loop({ name: "sweep-runs", timing, onError, pass, firstRestMs });
}
