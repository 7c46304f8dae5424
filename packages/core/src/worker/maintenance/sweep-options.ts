/** What every loop is given that serves the whole store. */
import type { OnError } from "../../runtime/service.ts";
import type { Timing } from "../../runtime/timers.ts";
import type { Store } from "../../store/store.ts";

/** Of one loop. */
export interface SweepOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly sweepMs: number;
  /** Ms before the first pass. */
  readonly firstRestMs: number;
}
