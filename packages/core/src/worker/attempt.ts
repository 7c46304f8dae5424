/** One execution of a held job, from its handler's start to the one ending it has. */
import type { Handler } from "../job/registry.ts";
import type { Envelope } from "../model/envelope.ts";
import type { Settlement } from "../model/settlement.ts";
import type { Cancel } from "../runtime/timers.ts";
import type { Holder } from "./holder.ts";
import type { Ending, Told } from "./outcome.ts";

/** An attempt under way. */
export interface Attempt {
  readonly holder: Holder;
  /** On the monotonic clock: when its handler was called, or is about to be. */
  startedAtMs: number;
  /** When its handler was done, or given up; its start until then. */
  endedAtMs: number;
  handler: Handler | undefined;
  envelope: Envelope | undefined;
  cancelTimeout: Cancel | undefined;
  /** The folder its handler has asked for. */
  tempFolder: Promise<string> | undefined;
  /** Whether its handler sees to its time-out by itself, which then overrules no end that it comes to. */
  isLate: boolean;
  /** Whether it has its ending: whatever the handler still does comes too late. */
  isOver: boolean;
  /** Once it is settled in a transaction that the handler made or was given. */
  inside: SettledInside | undefined;
}

/** What is left to do of an attempt that the handler has settled in a transaction. */
export interface SettledInside {
  readonly kind: "settled";
  readonly settlement: Settlement;
  readonly told: Told | undefined;
}

/** How an attempt went; `lost`: nothing may be written any more. */
export type Executed = Ending | SettledInside | "lost";

/** An attempt that begins now. */
export function newAttempt(holder: Holder, nowMs: number): Attempt {
  return {
    holder,
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    handler: undefined,
    envelope: undefined,
    cancelTimeout: undefined,
    tempFolder: undefined,
    isLate: false,
    isOver: false,
    inside: undefined,
  };
}

/** Whether the handler has settled the attempt itself. */
export function isSettledInside(executed: Executed): executed is SettledInside {
  return typeof executed === "object" && "kind" in executed;
}
