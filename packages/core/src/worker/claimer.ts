/** Takes due jobs from the store, as many as there is room for, and hands them on. */
import { type LeaseId, newId } from "../model/ids.ts";
import type { ClaimedJob, Priority } from "../model/job.ts";
import { Loop, type LoopHealth, type OnError, type Service } from "../runtime/service.ts";
import type { Cancel, Timing } from "../runtime/timers.ts";
import type { ClaimWant } from "../store/job-store.ts";
import type { Opening } from "../store/signals.ts";
import type { Store } from "../store/store.ts";
import type { ClaimPlan } from "./claim-plan.ts";
import type { Slots } from "./slots.ts";

/** What one claim call brought. */
export interface ClaimBatch {
  readonly lease: LeaseId;
  /** When the call was sent, on the monotonic clock. */
  readonly sentAtMs: number;
  /** When a lease of the worker's length would have begun that ends with this one; `sentAtMs` where left out. */
  readonly leasedAtMs?: number | undefined;
  readonly jobs: readonly ClaimedJob[];
  readonly solo: boolean;
}

/** What a {@link Claimer} works with. */
export interface ClaimerOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly worker: string;
  readonly leaseMs: number;
  /** What each class should wait at most. */
  readonly targetsMs: Readonly<Record<Priority, number>>;
  readonly sweepMs: number;
  readonly slots: Slots;
  readonly plan: ClaimPlan;
  /** Told what could be taken when a look found nothing; whether to look once more before resting. */
  becameIdle(openings: readonly Opening[]): Promise<boolean>;
  /** Told when no slot is free any more. */
  becameBusy(): void;
  /** Takes over what was claimed; must not throw. */
  take(batch: ClaimBatch): void;
}

/** Rest after a claim that found nothing, doubled up to the longest while that goes on. */
const IDLE_POLL_MS = 250;
const MAX_IDLE_POLL_MS = 1_000;

/**
 * Claims in a loop: at once while claims come back full, by poll and nudge while they do not. While they come back
 * full a second loop beside the first keeps another claim under way.
 */
export class Claimer implements Service {
  readonly #options: ClaimerOptions;
  readonly #loop: Loop;
  readonly #second: Loop;
  #idlePollMs = IDLE_POLL_MS;
  #starved = false;
  #soloAtMs: number;
  #suspectHeld = false;
  #stopped = false;
  #alarmAtMs = Number.POSITIVE_INFINITY;
  #cancelAlarm: Cancel | undefined;

  constructor(options: ClaimerOptions) {
    this.#options = options;
    this.#soloAtMs = options.timing.now();
    const { timing, onError } = options;
    this.#loop = new Loop({ name: "claim", timing, onError, pass: () => this.#pass() });
    this.#second = new Loop({ name: "claim", timing, onError, pass: () => this.#secondPass() });
  }

  get health(): readonly LoopHealth[] {
    return [...this.#loop.health, ...this.#second.health];
  }

  start(): void {
    this.#loop.start();
    this.#second.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelAlarm?.();
    this.#options.becameBusy();
    await Promise.all([this.#loop.stop(), this.#second.stop()]);
  }

  /** There may be jobs, at once or in so many ms: look then, however long the poll. */
  nudge(inMs = 0): void {
    if (inMs > 0) {
      this.#setAlarm(inMs);
      return;
    }
    this.#idlePollMs = IDLE_POLL_MS;
    this.#loop.nudge();
  }

  /** Takes a job that was claimed for this worker elsewhere, where it has a slot for it. Whether it did. */
  offered(batch: ClaimBatch): boolean {
    if (this.#stopped || !batch.jobs.every((job) => this.#options.plan.hasRoomFor(job))) return false;
    this.#options.take(batch);
    return true;
  }

  /** A slot came free or a settlement was answered: look at once, if the last look left something behind. */
  freed(): void {
    if (this.#starved) this.#loop.nudge();
  }

  /** There may be suspects, or the one held has ended. */
  nudgeSuspects(ended: boolean): void {
    if (ended) this.#suspectHeld = false;
    this.#soloAtMs = this.#options.timing.now();
    this.nudge();
  }

  async #pass(): Promise<number> {
    const { plan, timing } = this.#options;
    await this.#claimSuspect();
    const wants = plan.next(timing.now());
    this.#starved = true;
    if (wants.length === 0) return this.#noRoomMs();
    if (plan.isDeep) this.#second.nudge();
    // A slot that comes free while the claim is under way calls for another look.
    const found = await this.#claim(wants, false);
    const { leftMore, isPassingOver } = plan.note(wants, found);
    this.#starved = leftMore;
    if (isPassingOver) return 0;
    if (found.length === 0 && (await this.#foundNothing())) return 0;
    return this.#restMs(found.length);
  }

  /** A slot of the worker's own that comes free says so. */
  #noRoomMs(): number {
    const { slots } = this.#options;
    return slots.spare > 0 || slots.isShared ? MAX_IDLE_POLL_MS : Number.POSITIVE_INFINITY;
  }

  /** Lends slots, else says that the worker is idle. Whether to look again at once. */
  async #foundNothing(): Promise<boolean> {
    const { plan, becameIdle, timing } = this.#options;
    const wants = plan.lent(timing.now());
    this.#starved ||= plan.lends; // also while all are lent that may be
    if (wants.length > 0) {
      const taken = await this.#claim(wants, false);
      if (taken.length > 0) return true;
      this.#starved = false;
    }
    return becameIdle(plan.openings());
  }

  async #secondPass(): Promise<number> {
    const { plan, timing } = this.#options;
    const wants = plan.isDeep ? plan.next(timing.now()) : [];
    if (wants.length === 0) return Number.POSITIVE_INFINITY;
    try {
      const found = await this.#claim(wants, false);
      plan.note(wants, found);
    } finally {
      // While this claim held the room for what it asked, the first loop may have gone to rest without any.
      this.freed();
    }
    return Number.POSITIVE_INFINITY;
  }

  async #claimSuspect(): Promise<void> {
    const { timing, sweepMs, plan } = this.#options;
    if (this.#suspectHeld || timing.now() < this.#soloAtMs) return;
    const wants = plan.suspect();
    if (wants.length === 0) return;
    this.#soloAtMs = timing.now() + sweepMs;
    // Set before the claim, for the suspect may have ended when its answer is here.
    this.#suspectHeld = true;
    let found = 0;
    try {
      found = (await this.#claim(wants, true)).length;
    } finally {
      if (found === 0) this.#suspectHeld = false;
    }
  }

  /** One alarm, the earliest; what comes later is found by poll, or sets it anew. */
  #setAlarm(inMs: number): void {
    const { timing } = this.#options;
    const atMs = timing.now() + inMs;
    if (this.#stopped || atMs >= this.#alarmAtMs) return;
    this.#cancelAlarm?.();
    this.#alarmAtMs = atMs;
    this.#cancelAlarm = timing.after(inMs, () => {
      this.#alarmAtMs = Number.POSITIVE_INFINITY;
      this.nudge();
    });
  }

  async #claim(wants: readonly ClaimWant[], solo: boolean): Promise<readonly ClaimedJob[]> {
    const { store, timing, worker, leaseMs, targetsMs, slots, plan, take, becameBusy } = this.#options;
    const lease = newId<LeaseId>();
    const sentAtMs = timing.now();
    let jobs: readonly ClaimedJob[] = [];
    for (const { queue, max } of wants) slots.hold(queue, max);
    try {
      const overdue = solo ? 0 : plan.overdue(wants);
      const first = overdue === 0 ? {} : { overdue, targetsMs };
      jobs = await store.claim(wants, { worker, lease, leaseMs, ...(solo ? { solo } : first) });
    } finally {
      for (const { queue, max } of wants) slots.hold(queue, -max);
    }
    if (jobs.length > 0) take({ lease, sentAtMs, jobs, solo });
    if (jobs.length > 0 && slots.spare <= 0) becameBusy();
    return jobs;
  }

  #restMs(found: number): number {
    if (this.#options.plan.isDeep) return 0;
    const restMs = found > 0 ? IDLE_POLL_MS : this.#idlePollMs;
    this.#idlePollMs = Math.min(restMs * 2, MAX_IDLE_POLL_MS);
    return restMs;
  }
}
