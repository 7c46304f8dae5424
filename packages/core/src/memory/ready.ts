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

/** Gone entries a bucket may hold before it is made anew. */
const MIN_CUT = 100;

/** A job's place in line; `isGone` once it has been taken out from the middle. */
interface Entry {
  readonly job: Job;
  readonly runAtMs: number;
  readonly id: string;
  isGone: boolean;
}

/** One line. `gone`: how many of its entries are. */
interface Bucket {
  readonly key: string;
  readonly priority: Priority;
  heap: Heap<Entry>;
  gone: number;
}

/** Holds exactly the jobs in phase `queued`. */
export class ReadyJobs {
  readonly #buckets = new Map<string, Bucket>();
  readonly #entries = new Map<Job, Entry>();

  add(job: Job): void {
    const key = keyOf(job);
    const { priority } = job;
    const bucket = this.#buckets.get(key) ?? { key, priority, heap: new Heap<Entry>(byDueThenId), gone: 0 };
    const entry = { job, runAtMs: job.runAtMs, id: job.id, isGone: false };
    bucket.heap.push(entry);
    this.#entries.set(job, entry);
    this.#buckets.set(key, bucket);
  }

  /** Takes a job out that is to be neither claimed nor claimed yet. */
  remove(job: Job): void {
    const entry = this.#entries.get(job);
    const bucket = this.#buckets.get(keyOf(job));
    if (entry === undefined || bucket === undefined) return;
    entry.isGone = true;
    this.#entries.delete(job);
    bucket.gone += 1;
    if (bucket.gone >= MIN_CUT && bucket.gone * 2 >= bucket.heap.size) cutDown(bucket);
    this.#dropGone(bucket);
  }

  /** Takes due jobs out: overdue ones first, as far as they may; then by class, then due time, then id. */
  take(want: ClaimWant, take: Take): Job[] {
    const taken: Job[] = [];
    const buckets = this.#bucketsOf(want, take.suspects);
    const mostOverdue = Math.min(take.overdue, take.max);
    while (taken.length < mostOverdue && this.#takeHead(buckets, byRatio(take), taken));
    for (const priority of PRIORITIES) {
      const ofClass = buckets.filter((bucket) => bucket.priority === priority);
      while (taken.length < take.max && this.#takeHead(ofClass, byDue(take), taken));
    }
    return taken;
  }

  #bucketsOf({ queue, names, priorities = PRIORITIES }: ClaimWant, suspects: boolean): Bucket[] {
    return PRIORITIES.filter((priority) => priorities.includes(priority)).flatMap((priority) =>
      [...new Set(names)].flatMap(
        (name) => this.#buckets.get(bucketKey({ queue, priority }, name, suspects)) ?? [],
      ),
    );
  }

  /** Moves the best head to `taken`, if there is one. */
  #takeHead(buckets: readonly Bucket[], { allows, compare }: Choice, taken: Job[]): boolean {
    let best: Bucket | undefined;
    let bestHead: Job | undefined;
    for (const bucket of buckets) {
      const head = bucket.heap.peek()?.job;
      if (head === undefined || !allows(head) || (bestHead && compare(bestHead, head) <= 0)) continue;
      best = bucket;
      bestHead = head;
    }
    if (best === undefined || bestHead === undefined) return false;
    best.heap.pop();
    this.#entries.delete(bestHead);
    this.#dropGone(best);
    taken.push(bestHead);
    return true;
  }

  /** Heads are never gone ones, so that looking at a head is enough. */
  #dropGone(bucket: Bucket): void {
    for (let head = bucket.heap.peek(); head?.isGone; head = bucket.heap.peek()) {
      bucket.heap.pop();
      bucket.gone -= 1;
    }
    if (bucket.heap.size === 0) this.#buckets.delete(bucket.key);
  }
}

/** Which of two heads goes first; `allows` says whether a head may go at all. */
interface Choice {
  allows(head: Job): boolean;
  compare(left: Job, right: Job): number;
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

function cutDown(bucket: Bucket): void {
  const old = bucket.heap;
  bucket.heap = new Heap<Entry>(byDueThenId);
  bucket.gone = 0;
  for (let entry = old.pop(); entry; entry = old.pop()) if (!entry.isGone) bucket.heap.push(entry);
}

function keyOf(job: Job): string {
  return bucketKey(job, job.name, job.suspect);
}

/** NUL is refused in names, so it separates. */
function bucketKey(of: { queue: string; priority: Priority }, name: string, suspect: boolean): string {
  return `${suspect ? "suspect" : "plain"}\0${of.priority}\0${of.queue}\0${name}`;
}

type Due = Pick<Entry, "runAtMs" | "id">;

function byDueThenId(left: Due, right: Due): number {
  if (left.runAtMs !== right.runAtMs) return left.runAtMs - right.runAtMs;
  return left.id < right.id ? -1 : 1;
}

/** By class, then due time, then id. */
export function inClaimOrder(left: Job, right: Job): number {
  const byClass = PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority);
  return byClass === 0 ? byDueThenId(left, right) : byClass;
}
