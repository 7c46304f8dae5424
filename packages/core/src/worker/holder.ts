/** The holder's side of one claimed job: numbers its writes, and knows whether its claim still stands. */

import { AsyncResource } from "node:async_hooks";
import type { NewChild } from "../job/child.ts";
import type { WriteParts } from "../job/control.ts";
import { MillraceError } from "../model/errors.ts";
import type { ClaimedJob } from "../model/job.ts";
import type { HolderAnswer, HolderWrite, Settlement } from "../model/settlement.ts";
import type { Cancel, Timing } from "../runtime/timers.ts";
import type { AnyTransaction } from "../store/call.ts";
import { type AbortCause, abortReason } from "./abort-reason.ts";
import type { HeldLease } from "./held-lease.ts";
import { LeaseLost } from "./lease-lost.ts";
import type { Ending } from "./outcome.ts";
import { Reports, withReports } from "./reports.ts";
import { UnwrittenChildren } from "./unwritten-children.ts";

/** `lost`: the lease ran out before the store answered. */
export type WriteAnswer = HolderAnswer | "lost";

/** What all holders of a worker share. */
export interface HolderPorts {
  readonly timing: Timing;
  /** How long a handler may run on after it was told to stop, before its slot is taken back. */
  readonly graceMs: number;
  save(write: HolderWrite, holder: Holder, transaction: AnyTransaction | undefined): Promise<WriteAnswer>;
  settleWith(settlement: Settlement, transaction: AnyTransaction): Promise<HolderAnswer>;
  /** Tells that a write took effect which may have made other jobs ready. */
  onSpawned(): void;
  /** Tells of progress that a write outside a transaction has left in the store. */
  onProgress(holder: Holder, progress: string): void;
}

/** One claimed job from claim to settlement. */
export class Holder {
  readonly job: ClaimedJob;
  /** What the job is held under; the lease keeper counts it until it is forgotten. */
  readonly lease: HeldLease;
  isForgotten = false;
  /** Where the list of what runs has it. */
  runningIndex = -1;
  readonly #ports: HolderPorts;
  #writes = 0;
  #closed = false;
  #checkpoint: string | undefined;
  #children: UnwrittenChildren | undefined;
  #reports: Reports | undefined;
  #settledProgress: string | undefined;
  #keepsReports = false;
  #flushing: Promise<void> | undefined;
  #saving: Promise<unknown> | undefined;
  #cause: AbortCause | undefined;
  #cancelReason: string | undefined;
  #controller: AbortController | undefined;
  #drainController: AbortController | undefined;
  #isDraining = false;
  #isReclaimed = false;
  /** Where the handler runs: its listeners are called there, whoever tells it to stop. */
  #handlerScope: AsyncResource | undefined;
  #reclaim: (() => void) | undefined;
  #cancelGrace: Cancel | undefined;

  constructor(job: ClaimedJob, lease: HeldLease, ports: HolderPorts) {
    this.job = job;
    this.lease = lease;
    this.#ports = ports;
    this.#checkpoint = job.checkpoint;
  }

  /** Why the handler was told to stop, where it was. */
  get cause(): AbortCause | undefined {
    return this.#cause;
  }

  get isLost(): boolean {
    return this.#cause === "lease-lost";
  }

  /** What the last applied write with a checkpoint left. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** Made on first use: most handlers never look at it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cause !== undefined) this.#controller.abort(this.reasonOf(this.#cause));
    }
    return this.#controller.signal;
  }

  /** Its own, not the worker's: listeners that handlers leave on it go with the job. Made on first use. */
  get draining(): AbortSignal {
    if (this.#drainController === undefined) {
      this.#drainController = new AbortController();
      if (this.#isDraining) this.#drainController.abort(this.reasonOf("shutdown"));
    }
    return this.#drainController.signal;
  }

  /** Called where the handler runs, when it asks for a signal: its listeners are called there. */
  enter(): void {
    this.#handlerScope ??= new AsyncResource("MillraceHandler");
  }

  /** Tells the handler that the worker drains. */
  drain(): void {
    this.#isDraining = true;
    this.#tell(this.#drainController, "shutdown");
  }

  /** Tells the handler to stop; past the grace its slot is taken back. */
  abort(cause: AbortCause): void {
    if (cause === "lease-lost") this.#reports?.stop();
    if (this.#cause === undefined) {
      this.#cause = cause;
      if (this.#reclaim !== undefined) this.#startGrace(this.#reclaim);
      this.#tell(this.#controller, cause);
    } else if (cause === "lease-lost") {
      this.#cause = cause;
    }
  }

  /** Tells the handler that the job was cancelled. */
  cancel(reason: string | undefined): void {
    if (this.#cause === undefined) this.#cancelReason = reason;
    this.abort("cancelled");
  }

  /** Has `reclaim` called when the handler was told to stop and has not ended within the grace. */
  onReclaim(reclaim: () => void): void {
    this.#reclaim = reclaim;
    if (this.#cause !== undefined) this.#startGrace(reclaim);
  }

  /** Keeps a child for the next save outside a transaction, or for the settlement. @throws where neither is to come. */
  addChild(child: NewChild): void {
    if (this.#closed || this.isLost) throw this.#overError();
    this.#children ??= new UnwrittenChildren();
    this.#children.add(child);
  }

  /** Rejects where a child's input turns out to be bad; `undefined` where none is still being checked. */
  get checkingChildren(): Promise<unknown> | undefined {
    return this.#children?.checking;
  }

  /** Forgets children not written yet: the attempt has failed, and the next makes its own. */
  dropChildren(): void {
    this.#children?.forget();
  }

  /** Writes in order, one at a time. @throws LeaseLost where the store refuses the token. */
  save(parts: WriteParts, transaction?: AnyTransaction): Promise<void> {
    if (transaction !== undefined) {
      this.keepReports();
      return this.#chain(async () => void (await this.#write(parts, transaction)));
    }
    return this.#chain(async () => {
      if (this.#flushing !== undefined) await this.#flushing;
      if (this.#children?.checking !== undefined) await this.#children.checking;
      const reported = this.#reports === undefined ? parts : withReports(parts, this.#reports.take().parts);
      const whole = this.#children?.joined(reported) ?? reported;
      this.#children?.forget();
      await this.#write(whole, undefined);
      this.#tellProgress(reported);
    });
  }

  /** Made on first use; `undefined` once nothing more can be written. */
  get reports(): Reports | undefined {
    if (this.#closed || this.isLost) return undefined;
    this.#reports ??= new Reports(this.#ports.timing, (reports) => this.#flushReports(reports));
    if (this.#keepsReports) this.#reports.stop();
    return this.#reports;
  }

  /**
   * From now on reports go with other writes only: one of their own would wait for a transaction that holds the job's
   * row, and the writes of other jobs with it.
   */
  keepReports(): void {
    this.#keepsReports = true;
    this.#reports?.stop();
  }

  /** Settles inside a transaction of the handler's; takes effect when that commits. @throws LeaseLost, JobCancelled */
  settleWith(settlement: () => Settlement, transaction: AnyTransaction): Promise<Settlement> {
    this.keepReports();
    return this.#chain(async () => {
      const sent = settlement();
      // The one place that decides what an answer means to an open transaction: to throw is to roll back.
      const answer = await this.#ports.settleWith(sent, transaction);
      if (answer === "fenced") this.#lose();
      if (answer === "applied-as-cancelled") this.#stopCancelled();
      return sent;
    });
  }

  /** The handler is over: no more saves. Resolves when those on their way are answered. */
  close(): Promise<unknown> | undefined {
    this.#closed = true;
    this.#cancelGrace?.();
    this.#reports?.stop();
    this.#reclaim = undefined;
    if (this.#flushing === undefined) return this.#saving;
    return Promise.all([this.#saving, this.#flushing]);
  }

  /** The settlement under the next write number. */
  settlement({ outcome, record, parts, measures }: Ending): Settlement {
    this.#writes += 1;
    const { id, token } = this.job;
    const write = { id, token, write: this.#writes, outcome, record, measures };
    if (parts === undefined && this.#reports === undefined && this.#children === undefined) return write;
    // Neither is taken: a settlement in a transaction that rolls back is followed by another.
    const own = parts ?? {};
    const reported = this.#reports === undefined ? own : withReports(own, this.#reports.peek());
    const carried = this.#children?.joined(reported) ?? reported;
    this.#settledProgress = carried.progress;
    return { ...carried, ...write };
  }

  /** What the last settlement says of progress. */
  get settledProgress(): string | undefined {
    return this.#settledProgress;
  }

  /** What the handler's signal is aborted with. */
  reasonOf(cause: AbortCause): Error {
    return abortReason(this.job, cause, this.#cancelReason);
  }

  #tell(controller: AbortController | undefined, cause: AbortCause): void {
    if (controller === undefined) return;
    const tell = () => controller.abort(this.reasonOf(cause));
    if (this.#handlerScope === undefined) tell();
    else this.#handlerScope.runInAsyncScope(tell);
  }

  #chain<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#overError());
    const unlessLost = (): Promise<T> => (this.isLost ? Promise.reject(new LeaseLost(this.job)) : write());
    const answered = this.#saving === undefined ? unlessLost() : this.#saving.then(unlessLost);
    this.#saving = answered.catch(() => undefined); // the handler has the rejection; the chain goes on
    return answered;
  }

  /**
   * Without children: those are the handler's to write. Not in the chain: a write in a transaction must not wait for one
   * that may be waiting for the transaction. Reports that such a write overtakes go with the next.
   */
  #flushReports(reports: Reports): Promise<void> {
    const number = this.#writes + 1;
    const taken = reports.take();
    const flushed = this.#write(taken.parts, undefined).then((answer) => {
      if (answer === "already-applied" && this.#writes > number) reports.putBack(taken);
      else this.#tellProgress(taken.parts);
    });
    // A lost lease has aborted the handler; other trouble is reported where it is met.
    this.#flushing = flushed.catch(() => undefined);
    return this.#flushing;
  }

  async #write(parts: WriteParts, transaction: AnyTransaction | undefined): Promise<WriteAnswer> {
    this.#writes += 1;
    const write = { ...parts, id: this.job.id, token: this.job.token, write: this.#writes };
    const answer = await this.#ports.save(write, this, transaction);
    if (answer === "fenced" || answer === "lost") this.#lose();
    if (parts.checkpoint !== undefined) this.#checkpoint = parts.checkpoint;
    if (parts.spawn !== undefined) this.#ports.onSpawned();
    return answer;
  }

  #tellProgress({ progress }: WriteParts): void {
    if (progress !== undefined) this.#ports.onProgress(this, progress);
  }

  #overError(): MillraceError {
    if (this.isLost || this.#isReclaimed) return new LeaseLost(this.job);
    return new MillraceError("bad-usage", `job ${this.job.id} was written to after its handler had ended`);
  }

  #stopCancelled(): never {
    this.cancel(undefined);
    throw this.reasonOf("cancelled");
  }

  #lose(): never {
    this.abort("lease-lost");
    throw new LeaseLost(this.job);
  }

  #startGrace(reclaim: () => void): void {
    this.#cancelGrace?.();
    this.#cancelGrace = this.#ports.timing.after(this.#ports.graceMs, () => {
      this.#isReclaimed = true;
      reclaim();
    });
  }
}
