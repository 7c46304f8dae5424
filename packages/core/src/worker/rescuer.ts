/** Takes back jobs whose holders vanished. */
import { Loop, type OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";

/** What the loops that serve the whole store work with. */
export interface SweepOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly sweepMs: number;
}

/** Most leases of one pass. */
const LIMIT = 100;

/** A loop that rescues once per sweep; `onRescued` is told when jobs became ready by that. */
export function rescuer(options: SweepOptions, onRescued: () => void): Loop {
  const { store, timing, onError, sweepMs } = options;
  const pass = async () => {
    const report = await store.rescue({ limit: LIMIT });
    if (report.ready > 0) onRescued();
    return report.more ? 0 : sweepMs;
  };
  return new Loop({ name: "rescue", timing, onError, pass });
}
