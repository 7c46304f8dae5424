/** Runs claimed jobs: begin, open, validate, perform, end; the ending is somebody else's to settle. */

import { type Control, makeControl, meaningOf } from "../job/control.ts";
import { onBehalf } from "../job/current.ts";
import { inside } from "../job/inside-transaction.ts";
import type { Isolation } from "../job/isolation.ts";
import { LateEnd } from "../job/late-end.ts";
import type { Handler } from "../job/registry.ts";
import { openEnvelope } from "../model/envelope.ts";
import { ClassedError, MillraceError } from "../model/errors.ts";
import { promiseOf } from "../runtime/promise-of.ts";
import type { AnyTransaction, Transaction } from "../store/call.ts";
import { type Attempt, type Executed, isSettledInside, newAttempt } from "./attempt.ts";
import { AttemptContext, type ContextPorts } from "./attempt-context.ts";
import type { ExecutorOptions } from "./executor-options.ts";
import type { Holder } from "./holder.ts";
import { lateEnding } from "./late-ending.ts";
import {
  type Ending,
  type EndingContext,
  endingOfControl,
  endingOfError,
  endingOfValue,
  policyFor,
  released,
} from "./outcome.ts";
import { putOff } from "./put-off.ts";
import { StuckHandlers } from "./stuck-handlers.ts";
import { runTransactional, wholly } from "./transactional.ts";

/** Turns claimed jobs into their endings. */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #stuck: StuckHandlers;
  readonly #contextPorts: ContextPorts;
  readonly #onBehalfOf = onBehalf();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#stuck = new StuckHandlers(options);
    const { store, tempFolders, gate, worker } = options;
    this.#contextPorts = { store, tempFolders, gate, worker, settleWith: this.#settleWith.bind(this) };
  }

  /** Handlers that have lost their slot and not ended. */
  get stuck(): number {
    return this.#stuck.count;
  }

  /** Runs the job's handler to its end. Never throws. */
  execute(holder: Holder, nowMs: number): void {
    const attempt = newAttempt(holder, nowMs);
    this.#perform(attempt).then(
      (value) => this.#returned(attempt, value),
      (error) => this.#thrown(attempt, error),
    );
  }

  /** The ending of a job whose own ending the store refused: dead, for no other attempt would fare better. */
  refused(holder: Holder, error: unknown): Ending {
    holder.dropChildren();
    const nowMs = this.#options.timing.now();
    const context = { ...this.#context(newAttempt(holder, nowMs), nowMs), isFinal: true };
    return { ...endingOfError(error, context), measures: undefined }; // its times are gone with the ending
  }

  /** A job that no handler can be called for has failed like one whose handler did. */
  #perform(attempt: Attempt): Promise<unknown> {
    const { holder } = attempt;
    try {
      const named = this.#options.registry.get(holder.job.name);
      if (named === undefined) throw new MillraceError("no-handler", `no handler for "${holder.job.name}"`);
      attempt.handler = named;
      attempt.envelope = openEnvelope(holder.job.envelope);
      const handler = named.forPayload?.(attempt.envelope.payload) ?? named;
      attempt.handler = handler;
      const { limits } = attempt.envelope;
      return limits === undefined
        ? this.#start(attempt, handler)
        : this.#startUnder(attempt, handler, limits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Its time begins once none of its limits is held. */
  async #startUnder(attempt: Attempt, handler: Handler, limits: readonly string[]): Promise<unknown> {
    const { gate, random, timing } = this.#options;
    const asking = putOff(gate, limits, random);
    attempt.holder.onReclaim(() => this.#thrown(attempt, this.#stuck.add(attempt, asking)));
    const control = await asking;
    if (control !== undefined || attempt.isOver || attempt.holder.isLost) return control;
    attempt.startedAtMs = timing.now();
    return this.#start(attempt, handler);
  }

  #start(attempt: Attempt, handler: Handler): Promise<unknown> {
    if (handler.isolation !== undefined) return this.#performIsolated(attempt, handler.isolation);
    if (handler.isTransactional === true) return this.#performInTransaction(attempt, handler);
    const handling = this.#handle(attempt, handler, undefined);
    attempt.holder.onReclaim(() => this.#thrown(attempt, this.#stuck.add(attempt, handling)));
    return handling;
  }

  /** In a process, which the handler's input is checked in too. One that is told to stop and does not is killed. */
  async #performIsolated(attempt: Attempt, isolation: Isolation): Promise<unknown> {
    const { holder } = attempt;
    const { doorman, isolated, timing } = this.#options;
    if (doorman !== undefined) {
      const context = new AttemptContext(attempt, this.#contextPorts, undefined);
      const admitting = this.#onBehalfOf(context, () => doorman.admit(holder.job));
      holder.onReclaim(() => this.#thrown(attempt, this.#stuck.add(attempt, admitting)));
      await admitting;
      if (attempt.isOver) return undefined;
    }
    return isolated.run(attempt, isolation, () => {
      attempt.startedAtMs = timing.now();
      this.#startTimeout(attempt);
    });
  }

  #performInTransaction(attempt: Attempt, handler: Handler): Promise<unknown> {
    const { holder } = attempt;
    return runTransactional({
      holder,
      transactions: this.#options.store.capabilities.transactions,
      run: (transaction) => {
        holder.keepReports();
        const handling = wholly(holder, this.#handle(attempt, handler, transaction));
        const ending = new Promise((resolve, reject) => {
          // The transaction rolls back before the attempt ends.
          holder.onReclaim(() => reject(this.#stuck.add(attempt, handling)));
          handling.then(resolve, reject);
        });
        return ending.finally(() => attempt.cancelTimeout?.());
      },
      settle: (control, transaction) => this.#settleWith(attempt, control, transaction),
    });
  }

  /** Calls the handler, for no longer than its timeout and grace. */
  #handle(attempt: Attempt, handler: Handler, transaction: Transaction | undefined): Promise<unknown> {
    const { envelope } = attempt;
    this.#startTimeout(attempt);
    const context = new AttemptContext(attempt, this.#contextPorts, transaction);
    const { doorman, store } = this.#options;
    const work = () => {
      if (doorman === undefined && handler.validate === undefined)
        return promiseOf(() => handler.run(envelope?.payload, context));
      return this.#admitted(attempt, handler, context);
    };
    const { transactions = {} } = store.capabilities;
    return this.#onBehalfOf(context, transaction === undefined ? work : () => inside(transactions, work));
  }

  #startTimeout(attempt: Attempt): void {
    const timeoutMs = attempt.envelope?.timeoutMs ?? attempt.handler?.timeoutMs;
    if (timeoutMs === undefined) return;
    attempt.cancelTimeout = this.#options.timing.after(timeoutMs, () => attempt.holder.abort("timeout"));
  }

  async #admitted(
    { holder, envelope }: Attempt,
    handler: Handler,
    context: AttemptContext,
  ): Promise<unknown> {
    await this.#options.doorman?.admit(holder.job);
    const payload: unknown = envelope?.payload;
    const input = handler.validate === undefined ? payload : await handler.validate(payload);
    return handler.run(input, context);
  }

  /** Its children's inputs are part of what a handler does. */
  #returned(attempt: Attempt, value: unknown): void {
    if (value instanceof LateEnd) {
      this.#returnedLate(attempt, value);
      return;
    }
    const checking = attempt.holder.checkingChildren;
    if (checking === undefined) this.#end(attempt, () => this.#conclude(attempt, value));
    else
      checking.then(
        () => this.#end(attempt, () => this.#conclude(attempt, value)),
        (error) => this.#end(attempt, () => this.#concludeError(attempt, error)),
      );
  }

  /** A handler that deals with its time-out itself says how the attempt ends. */
  #returnedLate(attempt: Attempt, { parts }: LateEnd): void {
    attempt.isLate = true;
    lateEnding(attempt.holder, parts, (handling) => this.#stuck.add(attempt, handling)).then(
      (control) => this.#returned(attempt, control),
      (error) => this.#thrown(attempt, error),
    );
  }

  /** A control that is thrown means what it means returned. */
  #thrown(attempt: Attempt, error: unknown): void {
    if (meaningOf(error) !== undefined) this.#returned(attempt, error);
    else this.#end(attempt, () => this.#concludeError(attempt, error));
  }

  /** The attempt's one end. */
  #end(attempt: Attempt, conclude: () => Executed): void {
    if (attempt.isOver) return;
    attempt.isOver = true;
    attempt.cancelTimeout?.();
    if (attempt.tempFolder !== undefined) void this.#options.tempFolders.remove(attempt.tempFolder);
    attempt.endedAtMs = this.#options.timing.now();
    const executed = this.#concluded(attempt, conclude);
    const saving = attempt.holder.close();
    if (saving === undefined || attempt.holder.isLost) this.#over(attempt, executed);
    else
      void saving.then(() => {
        attempt.endedAtMs = this.#options.timing.now(); // the slot was kept for what the handler had written
        this.#over(attempt, executed);
      });
  }

  /** A result that cannot be kept fails the attempt. */
  #concluded(attempt: Attempt, conclude: () => Executed): Executed {
    try {
      return conclude();
    } catch (error) {
      return this.#concludeError(attempt, error);
    }
  }

  #over(attempt: Attempt, executed: Executed): void {
    const isLost = attempt.holder.isLost && !isSettledInside(executed);
    this.#options.onOver(attempt, isLost ? "lost" : executed);
  }

  async #settleWith(attempt: Attempt, control: Control, transaction: AnyTransaction): Promise<Control> {
    const meaning = meaningOf(control);
    if (meaning === undefined || meaning.end.kind === "settled") {
      throw new MillraceError(
        "bad-usage",
        "ctx.settle takes what ctx.complete, ctx.suspend, ctx.snooze or ctx.release made",
      );
    }
    const ending = endingOfControl(meaning, this.#context(attempt, this.#options.timing.now()));
    const { holder } = attempt;
    await holder.checkingChildren;
    const settlement = await holder.settleWith(() => holder.settlement(ending), transaction);
    attempt.inside = { kind: "settled", settlement, told: ending.told };
    return makeControl({ parts: {}, end: { kind: "settled" } });
  }

  /** Of a value returned. @throws where the result cannot be kept. */
  #conclude(attempt: Attempt, value: unknown): Executed {
    if (meaningOf(value)?.end.kind === "settled" && attempt.inside !== undefined) return attempt.inside;
    return this.#overruled(attempt) ?? endingOfValue(value, this.#context(attempt, attempt.endedAtMs));
  }

  #concludeError(attempt: Attempt, error: unknown): Executed {
    attempt.holder.dropChildren();
    const { cause } = attempt.holder;
    if (cause === "cancelled") return this.#cancelled(attempt);
    const stopped = cause === "shutdown" && !(error instanceof ClassedError);
    const context = this.#context(attempt, attempt.endedAtMs);
    return this.#overruled(attempt) ?? (stopped ? released(context) : endingOfError(error, context));
  }

  /**
   * The store ends the job cancelled, whatever it is told; the record says how the attempt ended. Told to stop, it counts
   * as no failure in statistics.
   */
  #cancelled(attempt: Attempt): Ending {
    const context = { ...this.#context(attempt, attempt.endedAtMs), isFinal: true };
    return { ...endingOfError(attempt.holder.reasonOf("cancelled"), context), measures: undefined };
  }

  /** Where it does not matter any more what the handler did. */
  #overruled(attempt: Attempt): Executed | undefined {
    if (attempt.holder.isLost) return "lost";
    if (attempt.isLate || attempt.holder.cause !== "timeout") return undefined;
    attempt.holder.dropChildren();
    return endingOfError(attempt.holder.reasonOf("timeout"), this.#context(attempt, attempt.endedAtMs));
  }

  #context({ holder, startedAtMs, handler, envelope }: Attempt, nowMs: number): EndingContext {
    const { worker, random, policies } = this.#options;
    return {
      worker,
      waitMs: holder.job.waitedMs + startedAtMs - holder.lease.sentAtMs,
      durationMs: Math.round((nowMs - startedAtMs) * 1_000) / 1_000,
      attempt: holder.job.attempt,
      policy: policyFor(envelope, handler?.retry ?? policies[holder.job.priority]),
      random,
    };
  }
}
