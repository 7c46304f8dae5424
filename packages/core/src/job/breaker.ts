/** A circuit breaker around calls of something that may be down: counts in this process, holds for the whole fleet. */
import { type Duration, durationMs } from "../model/duration.ts";
import { classOf } from "../model/error-class.ts";
import type { ErrorClass } from "../model/errors.ts";
import { messageOf } from "../model/message-of.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import { retryAfterMs } from "../model/retry-after.ts";
import { admit, type CallEnd, type Circuit, type CircuitTerms, CLOSED, judge } from "../runtime/circuit.ts";
import type { JobContext } from "./context.ts";
import { meaningOf } from "./control.ts";
import { shortened } from "./limits.ts";

/** Options of {@link breaker}. */
export interface BreakerOptions {
  /** Failures in a row, in this process, after which the limit is held; 5 where left out. */
  readonly failures?: number | undefined;
  /** For how long; 30 s where left out. */
  readonly openFor?: Duration | undefined;
  /** Calls at once that try, in this process, whether all is well again; 1 where left out. */
  readonly trials?: number | undefined;
  /**
   * Whether an error says that what was called is down; where left out, any but those of class validation, permission,
   * not-found and cancelled.
   */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
}

/** What a breaker needs of the attempt that calls. */
export type BreakerContext = Pick<JobContext, "limits" | "signal" | "snooze">;

/** Made once for what is called, and used by every job that calls it. */
export interface Breaker {
  /** The limit: to be named by `defineJob({ limits })`, so that jobs are put off before they start. */
  readonly key: string;
  /**
   * Calls `work` and gives what it gives, unless the limit is held or is being tried: then a control is thrown that puts the
   * job off, and no attempt is burnt. An error that says when to come back (`Retry-After`) holds the limit for so long and
   * puts the job off too.
   * @throws what `work` throws.
   */
  run<T>(ctx: BreakerContext, work: () => Promise<T> | T): Promise<T>;
}

const KEYS: readonly (keyof BreakerOptions)[] = ["failures", "openFor", "trials", "isFailure"];
/** While others try, so long passes until the job asks again. */
const TRYING_MS = 1_000;
const OWN_FAULTS: ReadonlySet<ErrorClass> = new Set(["validation", "permission", "not-found", "cancelled"]);

/** Makes a breaker of a limit. @throws MillraceError `bad-config` naming the option and the bad value. */
export function breaker(key: string, options: BreakerOptions = {}): Breaker {
  refuseUnknownKeys("breaker", options, KEYS);
  const { isFailure = isDown } = options;
  const state: BreakerState = {
    key,
    openMs: durationMs(options.openFor ?? "30s", "breaker.openFor"),
    terms: {
      failures: count("breaker.failures", options.failures ?? 5),
      trials: count("breaker.trials", options.trials ?? 1),
    },
    circuit: CLOSED,
  };
  return Object.freeze({
    key,
    run: async <T>(ctx: BreakerContext, work: () => Promise<T> | T): Promise<T> => {
      await admitted(state, ctx);
      const ended = countingOnce(state, ctx);
      try {
        const value = await work();
        await ended("good");
        return value;
      } catch (error) {
        const afterMs = meaningOf(error) === undefined ? retryAfterMs(error, undefined) : undefined;
        await ended(endOf(error, { afterMs, isFailure }), error);
        throw afterMs === undefined ? error : await putOff(state, ctx, { afterMs, error });
      }
    },
  });
}

/** What one breaker knows in this process. */
interface BreakerState {
  readonly key: string;
  readonly openMs: number;
  readonly terms: CircuitTerms;
  circuit: Circuit;
}

/** @throws a control that puts the job off, where it may not call now. */
async function admitted(state: BreakerState, ctx: BreakerContext): Promise<void> {
  const { key, terms } = state;
  const held = await ctx.limits.left(key);
  const { circuit, goes } = admit(state.circuit, held !== undefined, terms);
  state.circuit = circuit;
  if (goes) return;
  const reason = held === undefined ? "it is being tried whether all is well again" : held.reason;
  throw ctx.snooze(held?.ms ?? TRYING_MS, { limit: key, reason });
}

type Ended = (end: CallEnd, error?: unknown) => Promise<void>;

/**
 * Counts a call's end once: when its attempt has to stop at the latest, by running out of time as a failure. A call that
 * then never ends would be under way for ever, and nobody else would try.
 */
function countingOnce(state: BreakerState, { limits, signal }: BreakerContext): Ended {
  let isOver = false;
  const ended: Ended = async (end, error) => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", onAbort);
    const { circuit, opens } = judge(state.circuit, end, state.terms);
    state.circuit = circuit;
    if (opens) await limits.hold(state.key, state.openMs, shortened(`circuit open: ${messageOf(error)}`));
  };
  function onAbort(): void {
    const { reason } = signal;
    // A hold that cannot be written leaves the circuit open here, to be tried at once.
    ended(classOf(reason) === "timeout" ? "failed" : "neither", reason).catch(() => undefined);
  }
  signal.addEventListener("abort", onAbort, { once: true });
  return ended;
}

function endOf(
  error: unknown,
  by: { readonly afterMs: number | undefined; readonly isFailure: (error: unknown) => boolean },
): CallEnd {
  if (meaningOf(error) !== undefined || by.afterMs !== undefined) return "neither";
  return by.isFailure(error) ? "failed" : "good";
}

/** Holds the limit for as long as was asked for, and gives what puts the job off. */
async function putOff(
  { key }: BreakerState,
  ctx: BreakerContext,
  { afterMs, error }: { readonly afterMs: number; readonly error: unknown },
): Promise<unknown> {
  const reason = shortened(messageOf(error));
  await ctx.limits.hold(key, afterMs, reason);
  return ctx.snooze(afterMs, { limit: key, reason });
}

function isDown(error: unknown): boolean {
  return !OWN_FAULTS.has(classOf(error));
}

function count(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw badOption(option, value, "a whole number, 1 or more");
}
