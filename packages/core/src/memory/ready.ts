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

/** Holds exactly the jobs in phase `queued`. */
export class ReadyJobs {
  readonly #buckets = new Map<string, Heap<Job>>();

  add(job: Job): void {
    const key = bucketKey(job, job.name, job.suspect);
    const bucket = this.#buckets.get(key) ?? new Heap<Job>(byDueThenId);
    bucket.push(job);
    this.#buckets.set(key, bucket);
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
      const head = this.#buckets.get(bucketKey({ queue: want.queue, priority }, name, take.suspects))?.peek();
      if (head && head.runAtMs <= take.now && (!next || byDueThenId(head, next) < 0)) next = head;
    }
    if (next) this.#remove(next);
    return next;
  }

  /** Takes the head of its bucket out. */
  #remove(head: Job): void {
    const key = bucketKey(head, head.name, head.suspect);
    const bucket = this.#buckets.get(key);
    bucket?.pop();
    if (bucket?.size === 0) this.#buckets.delete(key);
  }
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
