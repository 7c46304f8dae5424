/** Leases: who may hold which jobs until when, and which of them have run out. */
import { MillraceError } from "../model/errors.ts";
import type { LeaseId } from "../model/ids.ts";
import { Heap } from "./heap.ts";
import type { Job, Lease } from "./job.ts";
import type { RunningJob } from "./jobs.ts";

/** A worker's word on one of its leases. */
export interface Touch {
  readonly lease: LeaseId;
  readonly worker: string;
  readonly now: number;
}

interface Alarm {
  readonly lease: Lease;
  readonly atMs: number;
}

/**
 * Every lease has an alarm at or before its deadline; an early one is set anew when it rings, even where the deadline
 * has passed too: leases are taken over in the order of their deadlines.
 */
export class Leases {
  readonly #leases = new Map<LeaseId, Lease>();
  readonly #alarms = new Heap<Alarm>(
    (left, right) => left.atMs - right.atMs || (left.lease.id < right.lease.id ? -1 : 1),
  );

  /** @throws MillraceError `bad-usage` where the id has been used. */
  refuseUsed(id: LeaseId): void {
    if (this.#leases.has(id)) {
      throw new MillraceError("bad-usage", `lease ${id} exists already; every claim needs a new lease id`);
    }
  }

  add(lease: Lease): void {
    this.#leases.set(lease.id, lease);
    this.#setAlarm(lease);
  }

  /** The jobs running under a lease. */
  heldUnder(id: LeaseId): readonly RunningJob[] {
    const lease = this.#leases.get(id);
    return lease === undefined ? [] : heldJobs(lease);
  }

  /** Moves a live lease's deadline; `false` where it is past, unknown or another worker's. */
  extend(touch: Touch, leaseMs: number): boolean {
    const lease = this.#ownedBy(touch);
    if (lease === undefined || isOver(lease, touch.now)) return false;
    const untilMs = touch.now + leaseMs;
    if (untilMs < lease.untilMs) this.#expire(lease, untilMs);
    else lease.untilMs = untilMs;
    return true;
  }

  /** Forgets a lease; jobs that are still under it, against what its worker thinks, become due for rescue. */
  drop(touch: Touch): void {
    const lease = this.#ownedBy(touch);
    if (lease === undefined) return;
    if (lease.held === 0) this.#leases.delete(lease.id);
    else this.#expire(lease, Math.min(lease.untilMs, touch.now));
  }

  /** Ends every lease: the process that held them is gone. */
  expireAll(now: number): void {
    for (const lease of this.#leases.values()) this.#expire(lease, Math.min(lease.untilMs, now));
  }

  /** Takes out leases past their deadline, earliest first. */
  takeOver(now: number, limit: number): Lease[] {
    const taken: Lease[] = [];
    for (let lease = this.#firstOver(now); lease && taken.length < limit; lease = this.#firstOver(now)) {
      this.#leases.delete(lease.id);
      taken.push(lease);
    }
    return taken;
  }

  /** Whether a lease is past its deadline. */
  hasOver(now: number): boolean {
    return this.#firstOver(now) !== undefined;
  }

  #firstOver(now: number): Lease | undefined {
    for (let alarm = this.#alarms.peek(); alarm && alarm.atMs <= now; alarm = this.#alarms.peek()) {
      const { lease } = alarm;
      if (this.#leases.get(lease.id) !== lease) this.#alarms.pop();
      else if (lease.untilMs <= alarm.atMs) return lease;
      else {
        this.#alarms.pop();
        this.#setAlarm(lease);
      }
    }
    return undefined;
  }

  #ownedBy(touch: Touch): Lease | undefined {
    const lease = this.#leases.get(touch.lease);
    return lease?.worker === touch.worker ? lease : undefined;
  }

  #expire(lease: Lease, untilMs: number): void {
    lease.untilMs = untilMs;
    this.#setAlarm(lease);
  }

  #setAlarm(lease: Lease): void {
    this.#alarms.push({ lease, atMs: lease.untilMs });
  }
}

/** The jobs that still run under a lease. */
export function heldJobs(lease: Lease): readonly RunningJob[] {
  return lease.jobs.filter(
    (job: Job) => job.phase.kind === "running" && job.phase.lease === lease,
  ) as readonly RunningJob[];
}

/** A lease of n ms lasts n ms: at its deadline it is over. */
function isOver(lease: Lease, now: number): boolean {
  return lease.untilMs <= now;
}
