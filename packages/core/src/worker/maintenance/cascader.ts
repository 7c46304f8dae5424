/** Has children follow their cancelled parents. */
import { Loop } from "../../runtime/service.ts";
import type { SweepOptions } from "./sweep-options.ts";

/** Most children of one pass. */
const LIMIT = 1_000;

/** A loop that cascades once per sweep; `onCancelled` is told when parents further up may have woken by that. */
export function cascader(
  { store, timing, onError, sweepMs, firstRestMs }: SweepOptions,
  onCancelled: () => void,
): Loop {
  const pass = async () => {
    const { cancelled, more } = await store.cascade({ limit: LIMIT });
    if (cancelled === 0) return sweepMs; // perhaps another process is at it
    onCancelled();
    return more ? 0 : sweepMs;
  };
  return new Loop({ name: "cascade", timing, onError, pass, firstRestMs });
}
