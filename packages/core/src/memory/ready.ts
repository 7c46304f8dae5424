/** Queued jobs in claim order: one heap per queue, class, name and suspicion, by due time and id. */
import { PRIORITIES, type Priority } from "../model/job.ts";
import type { ClaimWant } from "../store/job-store.ts";
import { Heap } from "./heap.ts";
import type { Job } from "./job.ts";

/** What a claim may take of one want. */
export interface Take {
  readonly now: number;
  readonly max: number;
  /** Suspects only, or none of them. */
  readonly suspects: boolean;
  /** Places that go first to jobs past their class's target wait. */
  readonly overdue: number;
  readonly targetsMs: Readonly<Record<Priority, number>>;
}

interface Bucket {
  readonly key: string;
  readonly priority: Priority;
  readonly heap: Heap<Job>;
}

/** Holds exactly the jobs in phase `queued`. */
export class ReadyJobs {
  readonly #buckets = new Map<string, Heap<Job>>();

  add(job: Job): void {
    const key = bucketKey(job, job.name, job.suspect);
    const bucket = this.#buckets.get(key) ?? new Heap<Job>(byDueThenId);
    bucket.push(job);
    this.#buckets.set(key, bucket);
  }

  /** Takes due jobs out: overdue ones first, as far as they may; then by class, then due time, then id. */
  take(want: ClaimWant, take: Take): Job[] {
    const taken: Job[] = [];
    const buckets = this.#bucketsOf(want, take.suspects);
    const mostOverdue = Math.min(take.overdue, take.max);
    while (taken.length < mostOverdue && takeHead(buckets, byRatio(take), taken));
    for (const priority of PRIORITIES) {
      const ofClass = buckets.filter((bucket) => bucket.priority === priority);
      while (taken.length < take.max && takeHead(ofClass, byDue(take), taken));
    }
    for (const { key, heap } of buckets) if (heap.size === 0) this.#buckets.delete(key);
    return taken;
  }

  #bucketsOf({ queue, names, priorities = PRIORITIES }: ClaimWant, suspects: boolean): Bucket[] {
    return PRIORITIES.filter((priority) => priorities.includes(priority)).flatMap((priority) =>
      [...new Set(names)].flatMap((name) => {
        const key = bucketKey({ queue, priority }, name, suspects);
        const heap = this.#buckets.get(key);
        return heap === undefined ? [] : [{ key, priority, heap }];
      }),
    );
  }
}

/** Which of two heads goes first; `allows` says whether a head may go at all. */
interface Choice {
  allows(head: Job): boolean;
  compare(left: Job, right: Job): number;
}

/** Moves the best head to `taken`, if there is one. */
function takeHead(buckets: readonly Bucket[], { allows, compare }: Choice, taken: Job[]): boolean {
  let best: Bucket | undefined;
  let bestHead: Job | undefined;
  for (const bucket of buckets) {
    const head = bucket.heap.peek();
    if (head === undefined || !allows(head) || (bestHead && compare(bestHead, head) <= 0)) continue;
    best = bucket;
    bestHead = head;
  }
  if (best === undefined || bestHead === undefined) return false;
  best.heap.pop();
  taken.push(bestHead);
  return true;
}

function byDue({ now }: Take): Choice {
  return { allows: (head) => head.runAtMs <= now, compare: byDueThenId };
}

/** Waited ÷ target, the largest first. */
function byRatio({ now, targetsMs }: Take): Choice {
  const ratio = (job: Job) => (now - job.runAtMs) / targetsMs[job.priority];
  return {
    allows: (head) => now - head.runAtMs > targetsMs[head.priority],
    compare: (left, right) => ratio(right) - ratio(left) || inClaimOrder(left, right),
  };
}

/** NUL is refused in names, so it separates. */
function bucketKey(of: { queue: string; priority: Priority }, name: string, suspect: boolean): string {
  return `${suspect ? "suspect" : "plain"}\0${of.priority}\0${of.queue}\0${name}`;
}

function byDueThenId(left: Job, right: Job): number {
  if (left.runAtMs !== right.runAtMs) return left.runAtMs - right.runAtMs;
  return left.id < right.id ? -1 : 1;
}

/** By class, then due time, then id. */
export function inClaimOrder(left: Job, right: Job): number {
  const byClass = PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority);
  return byClass === 0 ? byDueThenId(left, right) : byClass;
}
