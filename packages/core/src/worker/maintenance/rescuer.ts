/** Takes back jobs whose holders vanished, and ends those that were in line for too long. */
import { Loop } from "../../runtime/service.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most leases of one pass. */
const LIMIT = 100;
/** Most expired jobs of one pass. */
const EXPIRE_LIMIT = 1_000;

/** A loop that rescues once per sweep; `onRescued` is told when jobs became ready by that. */
export function rescuer(options: SweepOptions, onRescued: () => void): Loop {
  const { store, timing, onError, sweepMs, firstRestMs } = options;
  const pass = async () => {
    const report = await store.rescue({ limit: LIMIT });
    if (report.ready > 0) onRescued();
    return report.more ? 0 : sweepMs;
  };
  return new Loop({ name: "rescue", timing, onError, pass, firstRestMs });
}

/** A loop that ends expired jobs once per sweep; their parents may be ready by that, which `onEnded` is told. */
export function expirer(options: SweepOptions, onEnded: () => void): Loop {
  const { store, timing, onError, sweepMs, firstRestMs } = options;
  const pass = async () => {
    const report = await store.expire({ limit: EXPIRE_LIMIT });
    if (report.expired > 0) onEnded();
    return report.more ? 0 : sweepMs;
  };
  return new Loop({ name: "expire", timing, onError, pass, firstRestMs });
}
