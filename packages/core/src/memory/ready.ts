/** Queued jobs in claim order: one line per queue, class, name and suspicion, by due time and id. */
import { PRIORITIES, type Priority } from "../model/job.ts";
import { type Ahead, MOST_COUNTED } from "../model/job-facts.ts";
import type { ClaimWant } from "../store/job-store.ts";
import { byDueThenId, DueLine } from "./due-line.ts";
import { isExpired } from "./expiries.ts";
import type { Job, Place } from "./job.ts";

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

/** Gone places a bucket may hold before its line is made anew. */
const MIN_CUT = 100;

/** One line. `gone`: how many of its places are. */
interface Bucket {
  readonly key: string;
  readonly queue: string;
  readonly isSuspect: boolean;
  readonly priority: Priority;
  line: DueLine;
  gone: number;
}

/** Buckets of a queue and of classes. */
interface BucketsOf {
  readonly queue: string;
  readonly priorities: readonly Priority[];
}

/**
 * Holds the jobs in phase `queued` that nobody of their ordering key stands before, but for expired ones that a claim
 * has met.
 */
export class ReadyJobs {
  readonly #buckets = new Map<string, Bucket>();

  add(job: Job): void {
    const place = { job, runAtMs: job.runAtMs, isGone: false };
    this.#bucketOf(job).line.push(place);
    job.place = place;
  }

  /** Takes a job out, if it is here. */
  remove(job: Job): void {
    if (job.place === undefined) return;
    const bucket = this.#bucketOf(job);
    job.place.isGone = true;
    job.place = undefined;
    bucket.gone += 1;
    if (bucket.gone >= MIN_CUT && bucket.gone * 2 >= bucket.line.size) cutDown(bucket);
    this.#dropGone(bucket);
  }

  /** Takes due jobs out: overdue ones first, as far as they may; then by class, then due time, then id. */
  take(want: ClaimWant, take: Take): Job[] {
    const taken: Job[] = [];
    const buckets = this.#bucketsOf(want, take.suspects);
    const mostOverdue = Math.min(take.overdue, take.max);
    const ratio = byRatio(take);
    while (taken.length < mostOverdue && this.#takeHead(buckets, ratio, taken));
    const due = byDue(take);
    for (const priority of PRIORITIES) {
      const ofClass = buckets.filter((bucket) => bucket.priority === priority);
      while (taken.length < take.max && this.#takeHead(ofClass, due, taken));
    }
    return taken;
  }

  /** The first jobs that claims would take of these, in their order; none is taken. */
  peek(of: BucketsOf, { now, limit }: { readonly now: number; readonly limit: number }): readonly Job[] {
    const due: Job[] = [];
    for (const { job, runAtMs, isGone } of this.#places(of)) {
      if (!isGone && runAtMs <= now && !isExpired(job, now)) due.push(job);
    }
    return due.sort(inClaimOrder).slice(0, limit);
  }

  /** What stands before a job in line: of its class up to its place, of higher ones all that is due. */
  aheadOf(job: Job, now: number): Ahead {
    const mine = { job, runAtMs: job.runAtMs, isGone: false };
    const isBefore = (place: Place) => byDueThenId(place, mine) < 0;
    const higher = PRIORITIES.slice(0, PRIORITIES.indexOf(job.priority));
    return {
      inClass: this.#count({ queue: job.queue, priorities: [job.priority] }, now, isBefore),
      higher: this.#count({ queue: job.queue, priorities: higher }, now, (place) => place.runAtMs <= now),
    };
  }

  #count(of: BucketsOf, now: number, counts: (place: Place) => boolean): number {
    let count = 0;
    for (const place of this.#places(of)) {
      if (!place.isGone && counts(place) && !isExpired(place.job, now)) count += 1;
      if (count === MOST_COUNTED) break;
    }
    return count;
  }

  /** Those of jobs that are no suspects, in no order. */
  *#places({ queue, priorities }: BucketsOf): Generator<Place> {
    for (const bucket of this.#buckets.values()) {
      if (bucket.isSuspect || bucket.queue !== queue || !priorities.includes(bucket.priority)) continue;
      yield* bucket.line.places();
    }
  }

  #bucketOf(job: Job): Bucket {
    const key = bucketKey(job, job.name, job.suspect);
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const { queue, priority, suspect: isSuspect } = job;
    const bucket = { key, queue, isSuspect, priority, line: new DueLine(), gone: 0 };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #bucketsOf({ queue, names, priorities = PRIORITIES }: ClaimWant, suspects: boolean): Bucket[] {
    return PRIORITIES.filter((priority) => priorities.includes(priority)).flatMap((priority) =>
      [...new Set(names)].flatMap(
        (name) => this.#buckets.get(bucketKey({ queue, priority }, name, suspects)) ?? [],
      ),
    );
  }

  /** Moves the best head to `taken`, if there is one. */
  #takeHead(buckets: readonly Bucket[], { now, allows, compare }: Choice, taken: Job[]): boolean {
    let best: Bucket | undefined;
    let bestHead: Place | undefined;
    for (const bucket of buckets) {
      const head = this.#headOf(bucket, now);
      if (head === undefined || !allows(head) || (bestHead && compare(bestHead, head) <= 0)) continue;
      best = bucket;
      bestHead = head;
    }
    if (best === undefined || bestHead === undefined) return false;
    this.#popHead(best, bestHead);
    taken.push(bestHead.job);
    return true;
  }

  /** Expired jobs on the way are taken out: nobody claims them any more. */
  #headOf(bucket: Bucket, now: number): Place | undefined {
    let head = bucket.line.peek();
    for (; head !== undefined && isExpired(head.job, now); head = bucket.line.peek()) {
      this.#popHead(bucket, head);
    }
    return head;
  }

  #popHead(bucket: Bucket, head: Place): void {
    bucket.line.shift();
    head.job.place = undefined;
    this.#dropGone(bucket);
  }

  /** Heads are never gone ones, so that looking at a head is enough. */
  #dropGone(bucket: Bucket): void {
    for (let head = bucket.line.peek(); head?.isGone; head = bucket.line.peek()) {
      bucket.line.shift();
      bucket.gone -= 1;
    }
    if (bucket.line.size === 0) this.#buckets.delete(bucket.key);
  }
}

/** Which of two heads goes first; `allows` says whether a head may go at all. */
interface Choice {
  readonly now: number;
  allows(head: Place): boolean;
  compare(left: Place, right: Place): number;
}

function byDue({ now }: Take): Choice {
  return { now, allows: (head) => head.runAtMs <= now, compare: byDueThenId };
}

/** Waited ÷ target, the largest first. */
function byRatio({ now, targetsMs }: Take): Choice {
  const ratio = ({ runAtMs, job }: Place) => (now - runAtMs) / targetsMs[job.priority];
  return {
    now,
    allows: ({ runAtMs, job }) => now - runAtMs > targetsMs[job.priority],
    compare: (left, right) => ratio(right) - ratio(left) || inClaimOrder(left.job, right.job),
  };
}

function cutDown(bucket: Bucket): void {
  const old = bucket.line;
  bucket.line = new DueLine();
  bucket.gone = 0;
  for (let place = old.shift(); place; place = old.shift()) if (!place.isGone) bucket.line.push(place);
}

/** NUL is refused in names, so it separates. */
function bucketKey(of: { queue: string; priority: Priority }, name: string, suspect: boolean): string {
  return `${suspect ? "suspect" : "plain"}\0${of.priority}\0${of.queue}\0${name}`;
}

/** By class, then due time, then id. */
export function inClaimOrder(left: Job, right: Job): number {
  if (left.priority !== right.priority) {
    return PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority);
  }
  if (left.runAtMs !== right.runAtMs) return left.runAtMs - right.runAtMs;
  return left.id < right.id ? -1 : 1;
}
