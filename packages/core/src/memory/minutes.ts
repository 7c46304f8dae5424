/** What was counted in each of the last minutes, for rates. */
import { Counters } from "./counters.ts";

/** Minutes kept: a day, and the hour in which it begins. */
const KEEP_MINUTES = 25 * 60;
const MINUTE_MS = 60_000;
/** Counters that say how many jobs are in a state now: their changes say nothing about a time. */
const STATES: ReadonlySet<string> = new Set(["queued", "running", "waiting"]);

/** Sums by minute of the deltas of queue scopes. */
export class Minutes {
  readonly #minutes = new Map<number, Counters>();

  add(delta: Counters, atMs: number): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    for (const [scope, name, by] of delta) {
      if (!scope.startsWith("queue:") || STATES.has(name)) continue;
      const sums = this.#minutes.get(minute) ?? new Counters();
      sums.add(scope, name, by);
      this.#minutes.set(minute, sums);
    }
  }

  /** Sums over the last minutes; of the one in which they begin, by the part that lies within. */
  last(minutes: number, nowMs: number): Counters {
    const now = nowMs / MINUTE_MS;
    const first = Math.floor(now) - minutes;
    const share = 1 - (now - Math.floor(now));
    const sums = new Counters();
    for (const [minute, counters] of this.#minutes) {
      if (minute < first) continue;
      for (const [scope, name, by] of counters) sums.add(scope, name, minute === first ? by * share : by);
    }
    return sums;
  }

  /** Forgets what is too old to be asked for. Minutes come in the order of time. */
  prune(nowMs: number): void {
    const first = Math.floor(nowMs / MINUTE_MS) - KEEP_MINUTES;
    for (const minute of this.#minutes.keys()) {
      if (minute >= first) return;
      this.#minutes.delete(minute);
    }
  }
}
