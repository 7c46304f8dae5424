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
  heap: Heap<Entry>;
  gone: number;
}

/** Holds exactly the jobs in phase `queued`. */
export class ReadyJobs {
  readonly #buckets = new Map<string, Bucket>();
  readonly #entries = new Map<Job, Entry>();

  add(job: Job): void {
    const key = keyOf(job);
    const bucket = this.#buckets.get(key) ?? { heap: new Heap<Entry>(byDueThenId), gone: 0 };
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
    this.#dropGone(keyOf(job), bucket);
  }

  /** Takes due jobs out, by class, then due time, then id. */
  take(want: ClaimWant, take: Take): Job[] {
    const taken: Job[] = [];
    const classes = want.priorities ?? PRIORITIES;
    for (const priority of PRIORITIES.filter((each) => classes.includes(each))) {
      for (let job = this.#takeNext(want, priority, take); job; job = this.#takeNext(want, priority, take)) {
        taken.push(job);
        if (taken.length >= take.max) return taken;
      }
    }
    return taken;
  }

  #takeNext(want: ClaimWant, priority: Priority, take: Take): Job | undefined {
    let next: Job | undefined;
    for (const name of want.names) {
      const key = bucketKey({ queue: want.queue, priority }, name, take.suspects);
      const head = this.#buckets.get(key)?.heap.peek();
      if (head && head.runAtMs <= take.now && (!next || byDueThenId(head, next) < 0)) next = head.job;
    }
    if (next) this.#takeHead(next);
    return next;
  }

  #takeHead(head: Job): void {
    const key = keyOf(head);
    const bucket = this.#buckets.get(key);
    bucket?.heap.pop();
    this.#entries.delete(head);
    if (bucket) this.#dropGone(key, bucket);
  }

  /** Heads are never gone ones, so that looking at a head is enough. */
  #dropGone(key: string, bucket: Bucket): void {
    for (let head = bucket.heap.peek(); head?.isGone; head = bucket.heap.peek()) {
      bucket.heap.pop();
      bucket.gone -= 1;
    }
    if (bucket.heap.size === 0) this.#buckets.delete(key);
  }
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
