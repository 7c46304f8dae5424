/** Runs claimed jobs: begin, open, validate, perform, end, settle. */

import { type Control, makeControl, meaningOf } from "../job/control.ts";
import { onBehalfOf } from "../job/current.ts";
import type { Handler, Registry } from "../job/registry.ts";
import { type Envelope, openEnvelope } from "../model/envelope.ts";
import { ClassedError, MillraceError } from "../model/errors.ts";
import type { Settlement } from "../model/settlement.ts";
import type { Random } from "../runtime/random.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { AnyTransaction, Transaction } from "../store/call.ts";
import type { Store } from "../store/store.ts";
import { AttemptContext } from "./attempt-context.ts";
import type { Doorman } from "./doorman.ts";
import type { Holder } from "./holder.ts";
import {
  type Ending,
  type EndingContext,
  endingOfControl,
  endingOfError,
  endingOfValue,
  policyFor,
  released,
  type Told,
} from "./outcome.ts";
import { StuckHandlers } from "./stuck-handlers.ts";
import { runTransactional } from "./transactional.ts";

/** What an {@link Executor} works with. */
export interface ExecutorOptions {
  /** Its capabilities are asked when a transactional job comes: what a store can is known once it is open. */
  readonly store: Pick<Store, "capabilities" | "find">;
  readonly registry: Registry;
  readonly timing: Timing;
  readonly random: Random;
  readonly onError: OnError;
  readonly worker: string;
  /** Left out where everybody's jobs are run. */
  readonly doorman: Doorman | undefined;
}

/** An attempt under way. */
interface Attempt {
  readonly holder: Holder;
  readonly startedAtMs: number;
  handler: Handler | undefined;
  envelope: Envelope | undefined;
  /** Once it is settled in a transaction that the handler made or was given. */
  inside: SettledInside | undefined;
}

interface Invocation {
  readonly handler: Handler;
  readonly holder: Holder;
  readonly payload: unknown;
  readonly context: AttemptContext;
}

/** What is left to do of an attempt that the handler has settled in a transaction. */
export interface SettledInside {
  readonly kind: "settled";
  readonly settlement: Settlement;
  readonly told: Told | undefined;
}

/** `lost`: nothing may be written any more. */
export type Executed = Ending | SettledInside | "lost";

/** Turns a claimed job into its ending. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #stuck: StuckHandlers;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#stuck = new StuckHandlers(options);
  }

  /** Handlers that have lost their slot and not ended. */
  get stuck(): number {
    return this.#stuck.count;
  }

  /** Runs the job's handler to its end; never rejects. */
  async execute(holder: Holder): Promise<Executed> {
    const attempt = this.#begin(holder);
    let executed: Executed;
    try {
      executed = this.#conclude(attempt, await this.#perform(attempt));
    } catch (error) {
      executed = this.#concludeError(attempt, error);
    }
    const saving = holder.close();
    if (saving !== undefined && !holder.isLost) await saving;
    return holder.isLost && !isSettledInside(executed) ? "lost" : executed;
  }

  /** The ending of a job whose own ending the store refused: dead, for no other attempt would fare better. */
  refused(holder: Holder, error: unknown): Ending {
    holder.dropChildren();
    const context = { ...this.#context(this.#begin(holder)), isFinal: true };
    return { ...endingOfError(error, context), measures: undefined }; // its times are gone with the ending
  }

  #begin(holder: Holder): Attempt {
    return {
      holder,
      startedAtMs: this.#options.timing.now(),
      handler: undefined,
      envelope: undefined,
      inside: undefined,
    };
  }

  async #perform(attempt: Attempt): Promise<unknown> {
    const { holder } = attempt;
    const handler = this.#options.registry.get(holder.job.name);
    if (handler === undefined) throw new MillraceError("no-handler", `no handler for "${holder.job.name}"`);
    attempt.handler = handler;
    const envelope = openEnvelope(holder.job.envelope);
    attempt.envelope = envelope;
    const timeoutMs = envelope.timeoutMs ?? handler.timeoutMs;
    const run = (transaction?: Transaction): Promise<unknown> => {
      const context = this.#newContext(attempt, envelope, transaction);
      const invocation = { handler, holder, payload: envelope.payload, context };
      return this.#timed(attempt, timeoutMs, () => onBehalfOf(context, () => this.#invoke(invocation)));
    };
    if (handler.isTransactional !== true) return run();
    return runTransactional({
      holder,
      transactions: this.#options.store.capabilities.transactions,
      run,
      settle: (control, transaction) => this.#settleWith(attempt, control, transaction),
    });
  }

  async #timed(
    attempt: Attempt,
    timeoutMs: number | undefined,
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    if (timeoutMs === undefined) return this.#call(attempt, run);
    const cancel = this.#options.timing.after(timeoutMs, () => attempt.holder.abort("timeout"));
    try {
      return await this.#call(attempt, run);
    } finally {
      cancel();
    }
  }

  /** Rejects early where the handler was told to stop and does not. */
  #call(attempt: Attempt, run: () => Promise<unknown>): Promise<unknown> {
    const handling = run();
    return new Promise((resolve, reject) => {
      attempt.holder.onReclaim(() => reject(this.#stuck.add(attempt, handling)));
      handling.then(resolve, reject);
    });
  }

  /** Whatever a handler does, even throwing synchronously, becomes a promise; its children's inputs are part of it. */
  async #invoke({ handler, holder, payload, context }: Invocation): Promise<unknown> {
    const { doorman } = this.#options;
    if (doorman !== undefined) await doorman.admit(holder.job);
    const input = handler.validate === undefined ? payload : await handler.validate(payload);
    const value = await outcomeOf(() => handler.run(input, context));
    await holder.checkingChildren;
    return value;
  }

  #newContext(attempt: Attempt, envelope: Envelope, transaction: Transaction | undefined): AttemptContext {
    const settle = (control: Control, joined: AnyTransaction) => this.#settleWith(attempt, control, joined);
    const { holder, handler } = attempt;
    if (transaction !== undefined) holder.keepReports();
    return new AttemptContext({
      holder,
      envelope,
      store: this.#options.store,
      newChild: handler?.newChild,
      transaction,
      settle,
    });
  }

  async #settleWith(attempt: Attempt, control: Control, transaction: AnyTransaction): Promise<Control> {
    const meaning = meaningOf(control);
    if (meaning === undefined || meaning.end.kind === "settled") {
      throw new MillraceError(
        "bad-usage",
        "ctx.settle takes what ctx.complete, ctx.suspend, ctx.snooze or ctx.release made",
      );
    }
    const ending = endingOfControl(meaning, this.#context(attempt));
    const { holder } = attempt;
    await holder.checkingChildren;
    const settlement = await holder.settleWith(() => holder.settlement(ending), transaction);
    attempt.inside = { kind: "settled", settlement, told: ending.told };
    return makeControl({ parts: {}, end: { kind: "settled" } });
  }

  /** Of a value returned. @throws where the result cannot be kept. */
  #conclude(attempt: Attempt, value: unknown): Executed {
    if (meaningOf(value)?.end.kind === "settled" && attempt.inside !== undefined) return attempt.inside;
    return this.#overruled(attempt) ?? endingOfValue(value, this.#context(attempt));
  }

  #concludeError(attempt: Attempt, error: unknown): Executed {
    attempt.holder.dropChildren();
    const { cause } = attempt.holder;
    if (cause === "cancelled") return this.#cancelled(attempt);
    const stopped = cause === "shutdown" && !(error instanceof ClassedError);
    return (
      this.#overruled(attempt) ??
      (stopped ? released(this.#context(attempt)) : endingOfError(error, this.#context(attempt)))
    );
  }

  /**
   * The store ends the job cancelled, whatever it is told; the record says how the attempt ended. Told to stop, it counts
   * as no failure in statistics.
   */
  #cancelled(attempt: Attempt): Ending {
    const context = { ...this.#context(attempt), isFinal: true };
    return { ...endingOfError(attempt.holder.reasonOf("cancelled"), context), measures: undefined };
  }

  /** Where it does not matter any more what the handler did. */
  #overruled(attempt: Attempt): Executed | undefined {
    if (attempt.holder.isLost) return "lost";
    if (attempt.holder.cause !== "timeout") return undefined;
    attempt.holder.dropChildren();
    return endingOfError(attempt.holder.reasonOf("timeout"), this.#context(attempt));
  }

  #context({ holder, startedAtMs, handler, envelope }: Attempt): EndingContext {
    const { worker, timing, random } = this.#options;
    return {
      worker,
      waitMs: holder.job.waitedMs + startedAtMs - holder.claimedAtMs,
      durationMs: Math.round((timing.now() - startedAtMs) * 1_000) / 1_000,
      attempt: holder.job.attempt,
      policy: policyFor(envelope, handler?.retry, holder.job.priority),
      random,
    };
  }
}

/** Whether the handler has settled the attempt itself. */
export function isSettledInside(executed: Executed): executed is SettledInside {
  return typeof executed === "object" && "kind" in executed;
}

/** A control that is thrown means what it means returned. */
async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (meaningOf(error) !== undefined) return error;
    throw error;
  }
}
