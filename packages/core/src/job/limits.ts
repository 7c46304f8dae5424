/** Limits in the hands of those who call something that says "not now": a handler, or a program of its own. */
import { type Duration, durationMs } from "../model/duration.ts";
import { MAX_HOLD_MS, MAX_HOLD_REASON } from "../model/limit.ts";
import { refuseInside } from "./inside-transaction.ts";
import type { LimitGate } from "./limit-gate.ts";

/** What is left of a hold. */
export interface HoldLeft {
  /** In ms, above 0. */
  readonly ms: number;
  /** Empty where none was given. */
  readonly reason: string;
}

/** Keeping the whole fleet from something for a while. */
export interface Limits {
  /** What is left of the hold on a limit, as known here for at most a second; `undefined` where nothing holds it. */
  left(key: string): Promise<HoldLeft | undefined>;
  /**
   * Holds a limit from now on, for every process on the store; never shortens a hold. Jobs defined with the limit are put off
   * until it is over, and burn no attempt.
   * @throws MillraceError `bad-config` for what is no duration, `bad-input` for a key or reason that no store keeps, or what
   * the store throws.
   */
  hold(key: string, duration: Duration, reason?: string): Promise<void>;
}

/** Works with what a gate knows. `by`: who it says holds them. */
export function limitsOn(gate: Pick<LimitGate, "heldAmong" | "hold">, by: string): Limits {
  return Object.freeze({
    left: async (key: string) => {
      refuseInside();
      const held = await gate.heldAmong([key]);
      return held === undefined ? undefined : { ms: held.leftMs, reason: held.reason ?? "" };
    },
    hold: async (key: string, duration: Duration, reason?: string) => {
      refuseInside();
      await gate.hold([{ key, forMs: holdMs(duration, "hold"), reason: shortened(reason), by }]);
    },
  });
}

/** A hold's length in whole ms, at least 1, at most what a store keeps. @throws MillraceError `bad-config` */
export function holdMs(duration: Duration, what: string): number {
  return Math.min(Math.max(1, Math.ceil(durationMs(duration, what))), MAX_HOLD_MS);
}

/** What came from an endpoint may be of any length. */
export function shortened(reason: string | undefined): string | undefined {
  return reason === undefined || reason.length <= MAX_HOLD_REASON
    ? reason
    : `${reason.slice(0, MAX_HOLD_REASON - 1).toWellFormed()}…`;
}
