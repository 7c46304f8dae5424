/** The clock of everything in core: nothing outside `runtime/` reads time by itself. */

/** Tells the time in whole ms since the epoch. */
export interface Clock {
  now(): number;
}

/** The machine's time when the process started plus monotonic time since: never steps back, whatever the wall clock does. */
export const systemClock: Clock = Object.freeze({
  now: () => Math.floor(performance.timeOrigin + performance.now()),
});
