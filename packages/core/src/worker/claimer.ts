/** Takes due jobs from the store, as many as there are free slots, and hands them on. */
import { type LeaseId, newId } from "../model/ids.ts";
import type { ClaimedJob } from "../model/job.ts";
import { Loop, type OnError, type Service } from "../runtime/service.ts";
import type { Cancel, Timing } from "../runtime/timers.ts";
import type { ClaimWant } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";
import type { Slots } from "./slots.ts";
import { type QueueWants, shareOut } from "./wants.ts";

/** What one claim call brought. */
export interface ClaimBatch {
  readonly lease: LeaseId;
  /** When the call was sent, on the monotonic clock. */
  readonly sentAtMs: number;
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
  readonly sweepMs: number;
  readonly slots: Slots;
  /** The queues served now. */
  readonly queues: () => readonly string[];
  /** The job names run now. */
  readonly names: () => readonly string[];
  /** Settlements on their way; claiming pauses while they pile up. */
  readonly backlog: () => number;
  /** Takes over what was claimed; must not throw. */
  take(batch: ClaimBatch): void;
}

/** Rest after a claim that found nothing, doubled up to the longest while that goes on. */
const IDLE_POLL_MS = 250;
const MAX_IDLE_POLL_MS = 1_000;
/** Settlements that may wait beside as many as there are slots. */
const MAX_BACKLOG = 1_000;

/** Claims in a loop: at once while claims come back full, by poll and nudge while they do not. */
export class Claimer implements Service {
  readonly #options: ClaimerOptions;
  readonly #loop: Loop;
  readonly #deep = new Set<string>();
  #idlePollMs = IDLE_POLL_MS;
  #starved = false;
  /** Where the next look begins, and how many queues have been looked at in vain since the last rest. */
  #firstQueue = 0;
  #askedInVain = 0;
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
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelAlarm?.();
    return this.#loop.stop();
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
    await this.#claimSuspect();
    const free = this.#free();
    this.#starved = free === 0;
    if (this.#starved) return Number.POSITIVE_INFINITY;
    const wants = this.#wants(free);
    if (wants.length === 0) return MAX_IDLE_POLL_MS;
    // A slot that comes free while the claim is under way calls for another look.
    this.#starved = true;
    const found = await this.#claim(wants, false);
    // Queues that were full, or got no share, may hold more than was asked for.
    this.#starved = this.#noteDepths(wants, found) || wants.length < this.#options.queues().length;
    return this.#passesOver(wants, found) ? 0 : this.#restMs(found.length);
  }

  /** Whether there were fewer slots than queues, and some queues' turn is yet to come before the next rest. */
  #passesOver(wants: readonly ClaimWant[], found: readonly ClaimedJob[]): boolean {
    const { length } = this.#options.queues();
    this.#firstQueue = (this.#firstQueue + wants.length) % length;
    this.#askedInVain = found.length > 0 ? 0 : this.#askedInVain + wants.length;
    if (this.#askedInVain < length) return wants.length < length;
    this.#askedInVain = 0;
    return false;
  }

  async #claimSuspect(): Promise<void> {
    const { timing, sweepMs, names } = this.#options;
    if (this.#suspectHeld || timing.now() < this.#soloAtMs) return;
    const free = this.#free();
    const wants = free === 0 ? [] : this.#wants(free).map(({ queue }) => ({ queue, max: 1, names: names() }));
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
    const { store, timing, worker, leaseMs, take } = this.#options;
    const lease = newId<LeaseId>();
    const sentAtMs = timing.now();
    const jobs = await store.claim(wants, { worker, lease, leaseMs, ...(solo ? { solo } : {}) });
    if (jobs.length > 0) take({ lease, sentAtMs, jobs, solo });
    return jobs;
  }

  /** Slots that may be filled: none while too many endings wait for the store. */
  #free(): number {
    const { slots, backlog } = this.#options;
    const room = slots.running + slots.free + MAX_BACKLOG - backlog();
    return Math.max(0, Math.min(slots.free, room));
  }

  #wants(free: number): readonly ClaimWant[] {
    const { slots, queues, names } = this.#options;
    const known = names();
    if (known.length === 0) return [];
    const all = queues();
    const inTurn = [...all.slice(this.#firstQueue), ...all.slice(0, this.#firstQueue)];
    const shares: QueueWants[] = inTurn.map((queue) => ({
      queue,
      max: slots.freeOf(queue),
      deep: this.#deep.has(queue),
    }));
    return shareOut(shares, free).map(({ queue, max }) => ({ queue, max, names: known }));
  }

  /** Whether any queue gave all it was asked for, so that more may be there. */
  #noteDepths(wants: readonly ClaimWant[], found: readonly ClaimedJob[]): boolean {
    this.#deep.clear();
    for (const want of wants) {
      let count = 0;
      for (const job of found) if (job.queue === want.queue) count += 1;
      if (count >= want.max) this.#deep.add(want.queue);
    }
    return this.#deep.size > 0;
  }

  #restMs(found: number): number {
    if (this.#deep.size > 0) return 0;
    const restMs = found > 0 ? IDLE_POLL_MS : this.#idlePollMs;
    this.#idlePollMs = Math.min(restMs * 2, MAX_IDLE_POLL_MS);
    return restMs;
  }
}
