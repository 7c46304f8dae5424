/** Sees claimed jobs through: each gets a holder and a slot, is executed, and its ending settled. */
import type { JobId } from "../model/ids.ts";
import type { ClaimedJob } from "../model/job.ts";
import type { Settlement } from "../model/settlement.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { AbortCause } from "./abort-reason.ts";
import type { Callbacks } from "./callbacks.ts";
import type { ClaimBatch } from "./claimer.ts";
import { type Executed, type Executor, isSettledInside } from "./executor.ts";
import { Holder, type HolderPorts } from "./holder.ts";
import type { SentAnswer } from "./holder-calls.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { LeaseLost } from "./lease-lost.ts";
import { type Ending, released } from "./outcome.ts";
import type { Pace } from "./pace.ts";
import type { Settler } from "./settler.ts";
import type { Slots } from "./slots.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** What a {@link Runner} works with, and whom it tells. */
export interface RunnerOptions {
  readonly worker: string;
  readonly slots: Slots;
  readonly pace: Pace;
  readonly timing: Timing;
  readonly keeper: LeaseKeeper;
  readonly executor: Executor;
  readonly settler: Settler;
  readonly callbacks: Callbacks;
  readonly holderPorts: HolderPorts;
  readonly onError: OnError;
  /** A slot came free, or a settlement was answered. */
  onFreed(): void;
  /** Something was applied that may have made jobs ready, now or in so many ms. */
  onReady(inMs?: number): void;
  /** The suspect this process held has ended. */
  onSuspectEnded(): void;
  /** A job's settlement was applied. */
  onSettled(id: JobId): void;
}

/** An ending and what was sent of it. */
type Sent = Pick<Ending, "told"> & { readonly settlement: Settlement };

/** All jobs a worker holds. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #running = new Set<Holder>();
  readonly #waiting: WaitingRoom;
  #unsettled = 0;
  #draining = false;
  #onIdle: (() => void)[] = [];

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#waiting = new WaitingRoom(options.slots);
  }

  /** The slots of what runs. */
  get slots(): Slots {
    return this.#options.slots;
  }

  /** How long what ran took. */
  get pace(): Pace {
    return this.#options.pace;
  }

  /** Handlers that run on without a slot. */
  get stuck(): number {
    return this.#options.executor.stuck;
  }

  /** Endings not answered yet. */
  get backlog(): number {
    return this.#options.settler.backlog;
  }

  /** Runs what was claimed, as slots allow; once draining, gives it back instead. */
  take({ jobs, lease, sentAtMs, leasedAtMs = sentAtMs, solo }: ClaimBatch): void {
    const holders = jobs.map((job) => new Holder(job, { solo, sentAtMs }, this.#options.holderPorts));
    this.#options.keeper.hold(lease, leasedAtMs, holders);
    for (const holder of holders) {
      if (this.#draining) void this.#see(holder);
      else this.#waiting.push(holder);
    }
    this.#fill();
  }

  /** From now on nothing is started; what waits is given back; what runs is told that it may stop at a safe place. */
  drain(): void {
    this.#draining = true;
    for (const holder of this.#waiting.leave()) void this.#see(holder);
    for (const holder of this.#running) holder.drain();
  }

  /** Tells every running handler to stop. */
  abort(cause: AbortCause): void {
    for (const holder of this.#running) holder.abort(cause);
  }

  /** Resolves when nothing runs and every ending is answered. */
  idle(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Starts what waits while slots are free. */
  #fill(): void {
    for (let holder = this.#waiting.next(); holder; holder = this.#waiting.next()) void this.#see(holder);
  }

  async #see(holder: Holder): Promise<void> {
    this.#unsettled += 1;
    try {
      await this.#settle(holder, this.#given(holder) ?? (await this.#execute(holder)));
    } catch (error) {
      this.#options.onError(error, "execute");
      this.#options.keeper.giveUp(holder);
    }
    this.#unsettled -= 1;
    this.#tell(holder);
  }

  async #execute(holder: Holder): Promise<Executed> {
    const { slots, executor, pace, timing } = this.#options;
    const { queue, name } = holder.job;
    slots.take(queue);
    this.#running.add(holder);
    const startedAtMs = timing.now();
    try {
      return await executor.execute(holder);
    } finally {
      const endedAtMs = timing.now();
      pace.note(name, endedAtMs - startedAtMs, endedAtMs);
      this.#running.delete(holder);
      slots.release(queue);
      this.#fill();
      this.#options.onFreed();
    }
  }

  /** What becomes of a job that is not to be started. */
  #given(holder: Holder): Executed | undefined {
    if (holder.isLost) return "lost";
    return this.#draining || holder.cause === "cancelled" ? this.#unstarted() : undefined;
  }

  #unstarted(): Ending {
    const ending = released({ worker: this.#options.worker, durationMs: 0 });
    return { ...ending, outcome: { kind: "released", started: false } };
  }

  async #settle(holder: Holder, executed: Executed): Promise<void> {
    const { keeper, settler, executor } = this.#options;
    if (executed === "lost") return keeper.giveUp(holder);
    if (isSettledInside(executed)) {
      keeper.forget(holder);
      return this.#applied(holder, executed, false);
    }
    const settlement = holder.settlement(executed);
    const answer = await settler.settle(settlement, holder);
    if (typeof answer !== "object") return this.#answered(holder, { ...executed, settlement }, answer);
    const ending = executor.refused(holder, answer.refused);
    const refused = holder.settlement(ending);
    this.#answered(holder, { ...ending, settlement: refused }, await settler.settle(refused, holder));
  }

  #answered(holder: Holder, { settlement, told }: Sent, answer: SentAnswer): void {
    const { keeper, onError } = this.#options;
    if (answer === "lost" || typeof answer === "object") {
      keeper.giveUp(holder);
      return;
    }
    keeper.forget(holder);
    if (answer === "fenced") {
      onError(new LeaseLost(holder.job), "settle");
      return;
    }
    this.#applied(holder, { settlement, told }, answer === "applied-as-cancelled");
  }

  /** A settlement has taken effect. A cancelled job neither succeeded nor failed, whatever its handler did. */
  #applied(holder: Holder, { settlement, told }: Sent, isCancelled: boolean): void {
    const { callbacks, onReady, onSettled } = this.#options;
    if (!isCancelled && "delayMs" in settlement.outcome) onReady(settlement.outcome.delayMs);
    if (isCancelled || mayWake(holder.job, settlement)) onReady();
    onSettled(holder.job.id);
    callbacks.progress(holder, holder.settledProgress);
    callbacks.ended(holder, isCancelled ? undefined : told);
  }

  #tell(holder: Holder): void {
    this.#options.onFreed();
    if (holder.solo) this.#options.onSuspectEnded();
    if (this.#unsettled > 0) return;
    const waiters = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiters) resolve();
  }
}

/** Whether settling this may have made a job ready at once: a parent, a child, one that stood behind it, or the job itself. */
function mayWake(job: ClaimedJob, { outcome, spawn }: Settlement): boolean {
  if (spawn !== undefined) return true;
  switch (outcome.kind) {
    case "completed":
    case "dead":
      return job.parent !== undefined || job.orderingKey !== undefined;
    case "retry":
    case "snoozed":
      return false;
    case "suspended":
    case "released":
      return true;
  }
}
