/** Limits that jobs run under: named by keys, held back until a moment on the store's clock, for the whole fleet. */

/** Most characters of a limit's key. */
export const MAX_LIMIT_KEY = 200;
/** Most characters of why a limit is held, or a job put off. */
export const MAX_HOLD_REASON = 500;
/** Longest hold: 366 days, in ms. */
export const MAX_HOLD_MS = 31_622_400_000;
/** Most limits one job runs under. */
export const MOST_LIMITS = 16;

/** A hold to put on a limit. */
export interface NewLimitHold {
  readonly key: string;
  /** From the store's now on, in ms: a whole number up to {@link MAX_HOLD_MS}; 0 lets the limit go. */
  readonly forMs: number;
  readonly reason?: string | undefined;
  /** Who says so: a worker or a person. Shown, never trusted. At most 200 characters. */
  readonly by?: string | undefined;
  /** Ends then even where a hold in force would last longer; without it none is ever made shorter, but for 0. */
  readonly shorten?: boolean | undefined;
}

/** A hold in force: no job under the limit starts before it is over. */
export interface LimitHold {
  readonly key: string;
  /** On the store's clock, in ms since the epoch. */
  readonly untilMs: number;
  /** From the moment of the answer on; at least 1. */
  readonly leftMs: number;
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
}

/** Why an attempt put its job off; kept with the job until it starts again. */
export interface SnoozeNote {
  /** The limit it is under. */
  readonly limit?: string | undefined;
  readonly reason?: string | undefined;
}

/** What holds of one call come to, one for each key, in the order of the keys' first mention: as if one came after the other. */
export function combinedHolds(holds: readonly NewLimitHold[]): readonly NewLimitHold[] {
  const combined = new Map<string, NewLimitHold>();
  for (const hold of holds) {
    const before = combined.get(hold.key);
    combined.set(hold.key, before === undefined ? hold : after(before, hold));
  }
  return [...combined.values()];
}

function after(before: NewLimitHold, hold: NewLimitHold): NewLimitHold {
  if (hold.forMs === 0 || hold.shorten === true) return hold;
  if (before.forMs === 0) return { ...hold, shorten: true };
  return hold.forMs > before.forMs ? { ...hold, shorten: before.shorten } : before;
}
