/** How fast items end: an exponentially weighted rate, kept in a step's row between those who look. Pure. */
import type { KeptRate } from "./step-detail.ts";

/** Half the weight of a rate is younger than this. */
const HALF_LIFE_MS = 5_000;

/** Items with an end: done, filtered, skipped or failed; or passed over, for another had their key. */
export function settledItems(counters: Readonly<Record<string, number>>): number {
  const { done = 0, filtered = 0, skipped = 0, failed = 0, repeated = 0 } = counters;
  return done + filtered + skipped + failed + repeated;
}

/** The rate after one more look; 0 at the first. Looks at the same moment leave it as it was. */
export function nextRate(
  last: KeptRate | undefined,
  { done, atMs }: { readonly done: number; readonly atMs: number },
): KeptRate {
  if (last === undefined) return { perSecond: 0, done, atMs };
  if (atMs <= last.atMs) return { ...last, done: Math.max(done, last.done) };
  const elapsed = atMs - last.atMs;
  const rate = (Math.max(0, done - last.done) * 1_000) / elapsed;
  const share = last.perSecond === 0 ? 0 : 0.5 ** (elapsed / HALF_LIFE_MS);
  return { perSecond: share * last.perSecond + (1 - share) * rate, done, atMs };
}
