/** Folds the journal into counters and event positions. */
import { Loop } from "../../runtime/service.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most journal rows of one pass. */
const LIMIT = 1_000;
/** A loop that folds once per sweep, and at once again while full passes come back; events live for `keepEventsMs`. */
export function folder(
  { store, timing, onError, sweepMs, firstRestMs }: SweepOptions,
  keepEventsMs: number,
): Loop {
  const pass = async () => {
    const { folded } = await store.fold({ limit: LIMIT, keepEventsMs });
    return folded < LIMIT ? sweepMs : 0;
  };
  return new Loop({ name: "fold", timing, onError, pass, firstRestMs });
}
