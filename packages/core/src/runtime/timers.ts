/** Monotonic time and waiting: the only place of core that sets timers. */

import { systemClock } from "./clock.ts";

/** Undoes what it was given for; harmless when called late or twice. */
export type Cancel = () => void;

/** How time passes for a worker or client. Tests put a hand-moved one in its place. */
export interface Timing {
  /** Monotonic ms; only differences mean anything. */
  now(): number;
  /** Ms since the epoch as this machine tells them; a store's clock may differ. Decides nothing, only when to look. */
  wallMs(): number;
  /** Calls `run` once in `ms`. A pending call does not keep the process alive. */
  after(ms: number, run: () => void): Cancel;
  /** Resolves after everything else that is due in this turn of the event loop. */
  turn(): Promise<void>;
  /** Keeps the process alive until cancelled. */
  hold(): Cancel;
}

/** Longer delays overflow Node's timers and would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own timing. */
export const systemTiming: Timing = Object.freeze({
  now: () => performance.now(),
  wallMs: () => systemClock.now(),
  after: (ms: number, run: () => void): Cancel => {
    const timer = setTimeout(run, Math.min(ms, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
  turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
  hold: (): Cancel => {
    const timer = setInterval(() => undefined, MAX_TIMER_MS);
    return () => clearInterval(timer);
  },
});

/** Waits `ms`; gives `false` at once when the signal fires, else `true` in the end. */
export function sleep(timing: Timing, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (whole: boolean) => {
      cancel();
      signal?.removeEventListener("abort", onAbort);
      resolve(whole);
    };
    const onAbort = () => end(false);
    const cancel = timing.after(ms, () => end(true));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
