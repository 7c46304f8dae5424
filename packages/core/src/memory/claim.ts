/** claim: takes due jobs under one new lease. */
import type { Token } from "../model/ids.ts";
import { type ClaimedJob, TARGET_WAITS_MS } from "../model/job.ts";
import type { ClaimOptions, ClaimWant } from "../store/job-store.ts";
import { claimedJob, type Job, type Lease } from "./job.ts";
import type { Moment } from "./jobs.ts";
import { change, type Memory } from "./memory.ts";
import { inClaimOrder } from "./ready.ts";

/** The port's claim. */
export function claim(memory: Memory, wants: readonly ClaimWant[], options: ClaimOptions): ClaimedJob[] {
  memory.leases.refuseUsed(options.lease);
  return change(memory, (moment) => {
    const due = takeDue(memory, wants, { now: moment.now, options });
    if (due.length === 0) return [];
    const lease = openLease(memory, due, { options, now: moment.now });
    return due.map((job) => startJob(memory, job, { lease, moment }));
  });
}

/**
 * Wants are served in their order (a solo claim stops at the first suspect), their jobs given in claim order, as those
 * of a single want come where none goes first for being overdue.
 */
function takeDue(
  memory: Memory,
  wants: readonly ClaimWant[],
  by: { now: number; options: ClaimOptions },
): Job[] {
  const { solo = false, overdue = 0, targetsMs = TARGET_WAITS_MS } = by.options;
  const due: Job[] = [];
  for (const want of wants) {
    if (solo && due.length > 0) break;
    if (memory.queues.isPaused(want.queue)) continue;
    const how = solo ? { max: Math.min(want.max, 1), overdue: 0 } : { max: want.max, overdue };
    due.push(...memory.jobs.ready.take(want, { ...how, now: by.now, suspects: solo, targetsMs }));
  }
  return wants.length > 1 || overdue > 0 ? due.sort(inClaimOrder) : due;
}

function openLease(memory: Memory, jobs: readonly Job[], of: { options: ClaimOptions; now: number }): Lease {
  const { lease: id, worker, solo = false, leaseMs } = of.options;
  const lease = { id, worker, solo, jobs, held: jobs.length, sinceMs: of.now, untilMs: of.now + leaseMs };
  memory.leases.add(lease);
  return lease;
}

function startJob(memory: Memory, job: Job, by: { lease: Lease; moment: Moment }): ClaimedJob {
  memory.lastToken += 1;
  const token = String(memory.lastToken) as Token; // minted here
  const { lease } = by;
  memory.keys.claimed(job);
  memory.jobs.run(job, { kind: "running", token, lease, lastWrite: 0 }, by.moment.change);
  return claimedJob(job, { token, now: by.moment.now, children: memory.forks.tally(job.id) });
}
