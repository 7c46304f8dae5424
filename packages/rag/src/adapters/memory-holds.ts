/** Holds of one process: for programs of a single one, and for tests. */
import { systemTiming, type Timing } from "@millrace/core";
import type { Holds } from "../ports/holds.ts";

/** Holds that only this process knows. */
export function memoryHolds(timing: Timing = systemTiming): Holds {
  const held = new Map<string, { readonly endMs: number; readonly reason: string }>();
  return {
    left: async (key) => {
      const found = held.get(key);
      if (found === undefined) return undefined;
      const ms = Math.ceil(found.endMs - timing.now());
      if (ms > 0) return { ms, reason: found.reason };
      held.delete(key);
      return undefined;
    },
    hold: async (key, ms, reason) => {
      const endMs = timing.now() + ms;
      if (endMs > (held.get(key)?.endMs ?? Number.NEGATIVE_INFINITY)) held.set(key, { endMs, reason });
    },
  };
}
