/** Queued jobs in claim order: one heap per queue, class, name and suspicion, by due time and id. */
import type { JobId } from "../model/ids.ts";
import { PRIORITIES, type Priority } from "../model/job.ts";
import type { ClaimWant } from "../store/job-store.ts";
import { isExpired } from "./expiries.ts";
import { Heap } from "./heap.ts";
import type { Job } from "./job.ts";

/** What a claim may take of one want. */
export interface Take {
  readonly now: number;
  readonly max: number;
  /** Suspects only, or none of them. */
  readonly suspects: boolean;
}

/** A job's place in its bucket, as it was when it came in. */
interface Place {
  readonly job: Job;
  readonly id: JobId;
  readonly runAtMs: number;
}

/**
 * Holds the queued jobs that nothing stands before. A job that leaves from the middle of its bucket leaves its place
 * behind, which is skipped when it comes up.
 */
export class ReadyJobs {
  readonly #buckets = new Map<string, Heap<Place>>();
  readonly #places = new Map<JobId, Place>();

  add(job: Job): void {
    const key = bucketKey(job, job.name, job.suspect);
    const bucket = this.#buckets.get(key) ?? new Heap<Place>(byDueThenId);
    const place = { job, id: job.id, runAtMs: job.runAtMs };
    bucket.push(place);
    this.#buckets.set(key, bucket);
    this.#places.set(job.id, place);
  }

  /** Takes a job out, if it is here. */
  remove(job: Job): void {
    this.#places.delete(job.id);
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
    let next: Place | undefined;
    for (const name of want.names) {
      const head = this.#head(bucketKey({ queue: want.queue, priority }, name, take.suspects), take.now);
      if (head && head.runAtMs <= take.now && (!next || byDueThenId(head, next) < 0)) next = head;
    }
    if (next) this.remove(next.job);
    return next?.job;
  }

  /** The first job of a bucket that is still there and has not expired. */
  #head(key: string, now: number): Place | undefined {
    const bucket = this.#buckets.get(key);
    for (let head = bucket?.peek(); head; head = bucket?.peek()) {
      const isHere = this.#places.get(head.id) === head;
      if (isHere && !isExpired(head.job, now)) return head;
      bucket?.pop();
    }
    this.#buckets.delete(key);
    return undefined;
  }
}

/** NUL is refused in names, so it separates. */
function bucketKey(of: { queue: string; priority: Priority }, name: string, suspect: boolean): string {
  return `${suspect ? "suspect" : "plain"}\0${of.priority}\0${of.queue}\0${name}`;
}

function byDueThenId(left: Pick<Place, "id" | "runAtMs">, right: Pick<Place, "id" | "runAtMs">): number {
  if (left.runAtMs !== right.runAtMs) return left.runAtMs - right.runAtMs;
  return left.id < right.id ? -1 : 1;
}

/** By class, then due time, then id. */
export function inClaimOrder(left: Job, right: Job): number {
  const byClass = PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority);
  return byClass === 0 ? byDueThenId(left, right) : byClass;
}
