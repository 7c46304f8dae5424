/** Sees claimed jobs through: each gets a holder and a slot, is executed, and its ending settled. */
import type { JobId } from "../model/ids.ts";
import type { ClaimedJob } from "../model/job.ts";
import type { Settlement } from "../model/settlement.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { AbortCause } from "./abort-reason.ts";
import { type Attempt, type Executed, isSettledInside, type SettledInside } from "./attempt.ts";
import type { Callbacks } from "./callbacks.ts";
import type { ClaimBatch } from "./claimer.ts";
import type { Executor } from "./executor.ts";
import type { Holder, HolderPorts } from "./holder.ts";
import type { SentAnswer } from "./holder-calls.ts";
import type { ProcessPlaces } from "./isolated/process-places.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { LeaseLost } from "./lease-lost.ts";
import { type Ending, released } from "./outcome.ts";
import type { Pace } from "./pace.ts";
import { RunningList } from "./running-list.ts";
import type { Settler, Settling } from "./settler.ts";
import type { Slots } from "./slots.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** What a {@link Runner} works with, and whom it tells. */
export interface RunnerOptions {
  readonly worker: string;
  readonly slots: Slots;
  /** Of isolated jobs, beside their slots. */
  readonly places: ProcessPlaces;
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
  /** These jobs' settlements were applied. */
  onSettled(ids: readonly JobId[]): void;
}

/** A settlement that has taken effect. */
type Applied = Pick<SettledInside, "settlement" | "told">;

/** All jobs a worker holds. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #running = new RunningList();
  readonly #waiting: WaitingRoom;
  #unsettled = 0;
  #draining = false;
  #onIdle: (() => void)[] = [];

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#waiting = new WaitingRoom(options.slots, options.places);
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
  take(batch: ClaimBatch): void {
    const { keeper, holderPorts, timing } = this.#options;
    const holders = keeper.hold(batch, holderPorts);
    for (const holder of holders) this.#waiting.push(holder);
    if (this.#draining) this.#giveBack();
    else this.#fill(timing.now());
  }

  /** There may be slots that were not there before: starts what waits for one. */
  fill(): void {
    this.#fill(this.#options.timing.now());
  }

  /** From now on nothing is started; what waits is given back; what runs is told that it may stop at a safe place. */
  drain(): void {
    this.#draining = true;
    this.#giveBack();
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

  /** An attempt has ended: its slot goes to the next, its ending to the store. */
  over(attempt: Attempt, executed: Executed): void {
    const { slots, places, pace, onFreed, onReady } = this.#options;
    const { holder, startedAtMs, endedAtMs } = attempt;
    const { name, envelope } = holder.job;
    const isIsolated = places.isIsolated(name);
    if (isIsolated)
      places.release(); // they are not claimed ahead
    else pace.note(name, { ms: endedAtMs - startedAtMs, length: envelope.length }, endedAtMs);
    this.#running.remove(holder);
    slots.release(holder.job.queue);
    this.#settle(holder, executed);
    this.#fill(endedAtMs);
    onFreed();
    if (isIsolated) onReady(); // while there was no place, nobody asked for such jobs
  }

  /** The store has answered some endings. */
  answered(batch: readonly Settling[], answers: readonly SentAnswer[]): void {
    const applied: JobId[] = [];
    batch.forEach((settling, index) => {
      const { holder } = settling;
      this.#safely(holder, () => {
        const answer = answers[index] as SentAnswer; // one to each
        if (this.#answered(settling, answer)) applied.push(holder.job.id);
      });
    });
    if (applied.length > 0) this.#options.onSettled(applied);
  }

  #giveBack(): void {
    for (const holder of this.#waiting.leave()) this.#begin(holder, 0);
  }

  /** Starts what waits while slots are free, the first of it at `nowMs`. */
  #fill(nowMs: number): void {
    const { timing } = this.#options;
    let startsAtMs: number | undefined = nowMs;
    for (let holder = this.#waiting.next(); holder; holder = this.#waiting.next()) {
      this.#begin(holder, startsAtMs ?? timing.now());
      startsAtMs = undefined; // what the first one did at once took its time
    }
  }

  #begin(holder: Holder, nowMs: number): void {
    this.#unsettled += 1;
    const given = this.#given(holder);
    if (given !== undefined) {
      this.#settle(holder, given);
      return;
    }
    const { queue, name } = holder.job;
    this.#options.slots.take(queue);
    if (this.#options.places.isIsolated(name)) this.#options.places.take();
    this.#running.add(holder);
    this.#options.executor.execute(holder, nowMs);
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

  #settle(holder: Holder, executed: Executed): void {
    this.#safely(holder, () => {
      if (executed === "lost") this.#giveUp(holder);
      else if (isSettledInside(executed)) this.#settledInside(holder, executed);
      else this.#send(holder, executed, false);
    });
  }

  #settledInside(holder: Holder, inside: SettledInside): void {
    this.#options.keeper.forget(holder);
    this.#options.onSettled([holder.job.id]);
    this.#applied(holder, inside, false);
  }

  #send(holder: Holder, ending: Ending, isSecond: boolean): void {
    const settlement = holder.settlement(ending);
    this.#options.settler.settle({ write: settlement, holder, told: ending.told, isSecond });
  }

  /** Whether the ending was applied. */
  #answered({ write, holder, told, isSecond }: Settling, answer: SentAnswer): boolean {
    const { keeper, executor, onError } = this.#options;
    if (typeof answer === "object" && !isSecond) {
      this.#send(holder, executor.refused(holder, answer.refused), true);
      return false;
    }
    if (answer === "lost" || typeof answer === "object") {
      this.#giveUp(holder);
      return false;
    }
    keeper.forget(holder);
    if (answer === "fenced") {
      onError(new LeaseLost(holder.job), "settle");
      this.#tell(holder);
      return false;
    }
    this.#applied(holder, { settlement: write, told }, answer === "applied-as-cancelled");
    return true;
  }

  /** A settlement has taken effect. A cancelled job neither succeeded nor failed, whatever its handler did. */
  #applied(holder: Holder, { settlement, told }: Applied, isCancelled: boolean): void {
    const { callbacks, onReady } = this.#options;
    if (!isCancelled && "delayMs" in settlement.outcome) onReady(settlement.outcome.delayMs);
    if (isCancelled || mayWake(holder.job, settlement)) onReady();
    callbacks.progress(holder, holder.settledProgress);
    callbacks.ended(holder, isCancelled ? undefined : told);
    this.#tell(holder);
  }

  #giveUp(holder: Holder): void {
    this.#options.keeper.giveUp(holder);
    this.#tell(holder);
  }

  /** A job whose ending meets a fault is given up: its lease runs out, and a rescue finds it. */
  #safely(holder: Holder, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onError(error, "execute");
      this.#giveUp(holder);
    }
  }

  #tell(holder: Holder): void {
    this.#unsettled -= 1;
    this.#options.onFreed();
    if (holder.lease.solo) this.#options.onSuspectEnded();
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
