/** Looks after parents that wait: nothing waits for ever. */
import { MillraceError } from "../../model/errors.ts";
import { Loop } from "../../runtime/service.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most parents of one pass. */
const LIMIT = 1_000;
/** Children are lost by accident only, and looking for them reads as many rows as are waited for. */
const EVERY_MS = 60_000;

/**
 * A loop that watches once a minute and reports parents whose children were lost as `children-lost`; `onRepaired` is
 * told when jobs may have become ready by that.
 */
export function watchdog(
  { store, timing, onError, sweepMs, firstRestMs }: SweepOptions,
  onRepaired: () => void,
): Loop {
  const pass = async () => {
    const { repaired, stranded } = await store.watch({ limit: LIMIT });
    if (stranded.length > 0) {
      const message = `${repaired} unfinished children of ${stranded.length} waiting jobs exist no more; they count as failed`;
      onError(
        new MillraceError("children-lost", message, { details: { parents: stranded, repaired } }),
        "watch",
      );
      onRepaired();
    }
    return Math.max(EVERY_MS, sweepMs);
  };
  return new Loop({ name: "watch", timing, onError, pass, firstRestMs });
}
