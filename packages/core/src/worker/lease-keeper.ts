/** Keeps the worker's leases alive, and knows by its own monotonic clock when one must count as lost. */
import { MillraceError } from "../model/errors.ts";
import type { LeaseId } from "../model/ids.ts";
import { Loop, type LoopHealth, type OnError, type Service } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { LeaseTouch } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";
import type { ClaimBatch } from "./claimer.ts";
import type { HeldLease } from "./held-lease.ts";
import { Holder, type HolderPorts } from "./holder.ts";

/** What a {@link LeaseKeeper} works with. */
export interface LeaseKeeperOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly worker: string;
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  readonly maxBlockMs: number;
}

/** Most leases of one call. */
const MAX_TOUCHES = 1_000;
/** The fencing margin: a heartbeat, no less than this, but a quarter of a short lease. */
const MIN_MARGIN_MS = 1_000;
/** Looks at its leases this often, and drops those that are done. */
const MAX_TICK_MS = 1_000;

/** Extends all live leases in one call every third of a lease. */
export class LeaseKeeper implements Service {
  readonly #options: LeaseKeeperOptions;
  readonly #marginMs: number;
  readonly #tickMs: number;
  readonly #leases = new Map<LeaseId, HeldLease>();
  readonly #loop: Loop;
  #emptied: LeaseId[] = [];
  #extendAtMs = 0;
  #tickDueMs: number;
  #extending: Promise<void> | undefined;

  constructor(options: LeaseKeeperOptions) {
    const { timing, onError, leaseMs, heartbeatMs } = options;
    this.#options = options;
    this.#marginMs = Math.min(Math.max(heartbeatMs, MIN_MARGIN_MS), leaseMs / 4);
    this.#tickMs = Math.min(MAX_TICK_MS, leaseMs / 6);
    this.#tickDueMs = timing.now();
    this.#loop = new Loop({ name: "extend", timing, onError, pass: () => Promise.resolve(this.#tick()) });
  }

  get health(): readonly LoopHealth[] {
    return this.#loop.health;
  }

  start(): void {
    this.#tickDueMs = this.#options.timing.now();
    this.#extendAtMs = this.#tickDueMs + this.#options.leaseMs / 3;
    this.#loop.start();
  }

  /** Gives up what leases are left, so that nobody has to wait for them to run out. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#extending;
    while (await this.#drop());
  }

  /**
   * Takes over what a claim brought: a holder for each job, in their order. The lease is extended a third of it after it
   * began, or sooner.
   */
  hold(batch: ClaimBatch, ports: HolderPorts): readonly Holder[] {
    const { lease: id, sentAtMs, leasedAtMs = sentAtMs, solo, jobs } = batch;
    const { leaseMs, timing } = this.#options;
    const lostAtMs = leasedAtMs + leaseMs - this.#marginMs;
    const until = { lostAtMs, abandoned: false, mustExpire: false };
    const lease: HeldLease = { id, solo, sentAtMs, holders: [], held: jobs.length, ...until };
    for (const job of jobs) lease.holders.push(new Holder(job, lease, ports));
    this.#leases.set(id, lease);
    this.#extendAtMs = Math.min(this.#extendAtMs, leasedAtMs + leaseMs / 3);
    if (lostAtMs <= timing.now()) this.#lose(lease);
    return lease.holders;
  }

  /** The jobs held now, by lease. */
  held(): ReadonlyMap<LeaseId, Iterable<Holder>> {
    return new Map([...this.#leases].map(([id, lease]) => [id, heldUnder(lease)]));
  }

  /** The job is settled, or no longer ours. */
  forget(holder: Holder): void {
    if (holder.isForgotten) return;
    const { lease } = holder;
    holder.isForgotten = true;
    lease.held -= 1;
    if (lease.held > 0) return;
    this.#leases.delete(lease.id);
    if (lease.mustExpire) return;
    this.#emptied.push(lease.id);
    if (this.#emptied.length === MAX_TOUCHES) this.#loop.nudge();
  }

  /** The job could not be settled: its lease must run out, so that a rescue finds it. */
  giveUp(holder: Holder): void {
    holder.lease.mustExpire = true;
    this.forget(holder);
  }

  /** One look at all leases; gives the ms until the next. */
  #tick(): number {
    const now = this.#options.timing.now();
    this.#noticeBlock(now - this.#tickDueMs);
    for (const held of this.#leases.values()) if (held.lostAtMs <= now) this.#lose(held);
    this.#extending ??= this.#touch(now).finally(() => {
      this.#extending = undefined;
    });
    const restMs = Math.max(1, this.#nextLossMs(now));
    this.#tickDueMs = now + restMs;
    return restMs;
  }

  #nextLossMs(now: number): number {
    let restMs = this.#tickMs;
    for (const held of this.#leases.values()) restMs = Math.min(restMs, held.lostAtMs - now);
    return restMs;
  }

  #noticeBlock(lateMs: number): void {
    const { maxBlockMs, onError } = this.#options;
    if (lateMs <= maxBlockMs || this.#leases.size === 0) return;
    for (const held of this.#leases.values()) held.abandoned = true;
    const seconds = (lateMs / 1_000).toFixed(1);
    const message = `the event loop was blocked for ${seconds} s: the jobs held meanwhile get no more lease; move long synchronous work out of the handlers`;
    onError(
      new MillraceError("lease-lost", message, { details: { blockedMs: Math.round(lateMs) } }),
      "extend",
    );
  }

  async #touch(now: number): Promise<void> {
    const { timing, onError } = this.#options;
    try {
      const due = now >= this.#extendAtMs ? [...this.#leases.values()].filter((held) => !held.abandoned) : [];
      if (due.length > 0) {
        await this.#extend(due);
        this.#extendAtMs = timing.now() + this.#options.leaseMs / 3;
      }
      while (await this.#drop());
    } catch (error) {
      onError(error, "extend");
    }
  }

  async #extend(due: readonly HeldLease[]): Promise<void> {
    const { store, timing, worker, leaseMs } = this.#options;
    const sentAtMs = timing.now();
    const touches: readonly LeaseTouch[] = due.map((held) => ({ lease: held.id, dropped: false }));
    const { lost } = await store.extend(touches, { worker, leaseMs });
    for (const held of due) held.lostAtMs = sentAtMs + leaseMs - this.#marginMs;
    for (const lease of lost) {
      const held = this.#leases.get(lease);
      if (held !== undefined) this.#lose(held);
    }
  }

  /** Whether anything was dropped without trouble. */
  async #drop(): Promise<boolean> {
    const { store, onError, worker, leaseMs } = this.#options;
    const dropped = this.#emptied.slice(0, MAX_TOUCHES);
    if (dropped.length === 0) return false;
    try {
      const touches = dropped.map((lease) => ({ lease, dropped: true }));
      await store.extend(touches, { worker, leaseMs });
      this.#emptied = this.#emptied.slice(dropped.length);
      return true;
    } catch (error) {
      onError(error, "extend");
      return false;
    }
  }

  #lose(lease: HeldLease): void {
    this.#leases.delete(lease.id);
    lease.mustExpire = true;
    for (const holder of heldUnder(lease)) {
      holder.isForgotten = true;
      holder.abort("lease-lost");
    }
  }
}

function heldUnder(lease: HeldLease): Holder[] {
  return lease.holders.filter((holder) => !holder.isForgotten);
}
