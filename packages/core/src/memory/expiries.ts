/** When queued jobs expire: those that are past it, first expired first. */
import { Heap } from "./heap.ts";
import type { Job } from "./job.ts";

interface Expiry {
  readonly job: Job;
  readonly atMs: number;
}

/** Holds an entry for each time a job with an expiry came in line; entries of jobs that have left it are skipped. */
export class Expiries {
  readonly #entries = new Heap<Expiry>(
    (left, right) => left.atMs - right.atMs || (left.job.id < right.job.id ? -1 : 1),
  );

  add(job: Job): void {
    if (job.expiresAtMs !== undefined) this.#entries.push({ job, atMs: job.expiresAtMs });
  }

  /** The first job that is queued past its expiry; it stays here until it is queued no more. */
  first(now: number): Job | undefined {
    for (let entry = this.#entries.peek(); entry && entry.atMs <= now; entry = this.#entries.peek()) {
      if (isCurrent(entry)) return entry.job;
      this.#entries.pop();
    }
    return undefined;
  }
}

/** Whether a queued job is past its expiry. */
export function isExpired(job: Job, now: number): boolean {
  return job.expiresAtMs !== undefined && job.expiresAtMs <= now;
}

function isCurrent({ job, atMs }: Expiry): boolean {
  return job.phase.kind === "queued" && job.expiresAtMs === atMs;
}
