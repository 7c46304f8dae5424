/** What is to be done about a schedule whose time has come: which fire to make, which ones were missed, when the next is. */
import { type FireTimes, lastFire, nextFires } from "./fire-times.ts";
import type { Misfire } from "./schedule.ts";

/** One step; a schedule that is further behind takes several. */
export interface FireStep {
  /** Fires passed over: all from the first on and before the second time. */
  readonly missed?: { readonly fromMs: number; readonly beforeMs: number } | undefined;
  /** The fire to make. */
  readonly fireMs?: number | undefined;
  /** When it is due next; `undefined`: never again. */
  readonly nextMs: number | undefined;
}

/** Later than this, a fire that no other one has followed counts as missed too. */
const LATE_MS = 60_000;

/** The step for a schedule that was due at `dueMs`, one of its times, when it is `nowMs`. */
export function fireStep(times: FireTimes, misfire: Misfire, at: { dueMs: number; nowMs: number }): FireStep {
  const { dueMs, nowMs } = at;
  if (misfire.kind === "backfill") return backfillStep(times, misfire.max, at);
  const last = lastFire(times, dueMs, nowMs);
  const nextMs = times.from(last + 1);
  if (misfire.kind === "skip" && nowMs - last > LATE_MS) {
    return { missed: { fromMs: dueMs, beforeMs: nextMs ?? last + 1 }, nextMs };
  }
  return { ...missedBefore(last, dueMs), fireMs: last, nextMs };
}

/** Fires the oldest of the last `max` that are due. */
function backfillStep(
  times: FireTimes,
  max: number,
  { dueMs, nowMs }: { dueMs: number; nowMs: number },
): FireStep {
  const following = nextFires(times, dueMs, max);
  const newest = following.at(-1);
  const isTooFar = following.length === max && newest !== undefined && newest <= nowMs;
  const fireMs = isTooFar ? nthLast(times, max, { dueMs, nowMs }) : dueMs;
  return { ...missedBefore(fireMs, dueMs), fireMs, nextMs: times.from(fireMs + 1) };
}

function nthLast(times: FireTimes, nth: number, { dueMs, nowMs }: { dueMs: number; nowMs: number }): number {
  let fire = lastFire(times, dueMs, nowMs);
  for (let back = 1; back < nth; back += 1) fire = lastFire(times, dueMs, fire - 1);
  return fire;
}

function missedBefore(fireMs: number, dueMs: number): Pick<FireStep, "missed"> {
  return fireMs === dueMs ? {} : { missed: { fromMs: dueMs, beforeMs: fireMs } };
}
