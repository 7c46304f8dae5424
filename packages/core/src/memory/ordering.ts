/** Who comes after whom: the live jobs of each ordering key, in the order they were enqueued. */
import type { JobId } from "../model/ids.ts";
import { type LinePlace, MOST_COUNTED } from "../model/job-facts.ts";
import type { Job } from "./job.ts";

/** Only the first job of a key may run; the others wait behind it. */
export class Ordering {
  readonly #lines = new Map<string, Set<JobId>>();

  enter(job: Job): void {
    if (job.orderingKey === undefined) return;
    const line = this.#lines.get(job.orderingKey) ?? new Set();
    line.add(job.id);
    this.#lines.set(job.orderingKey, line);
  }

  /** Whether nothing stands before the job. */
  isFirst(job: Job): boolean {
    return job.orderingKey === undefined || this.#first(job.orderingKey) === job.id;
  }

  /** Where a job stands behind others; nothing where it does not. */
  placeOf(job: Job): LinePlace | undefined {
    const line = this.#lines.get(job.orderingKey ?? "");
    if (line === undefined || this.isFirst(job)) return undefined;
    const [first] = line;
    let ahead = 0;
    for (const id of line) {
      if (id === job.id || ahead === MOST_COUNTED) break;
      ahead += 1;
    }
    return { first, ahead };
  }

  /** Takes an ended job out; gives the job that may run by that. */
  leave(job: Job): JobId | undefined {
    const { orderingKey, id } = job;
    if (orderingKey === undefined) return undefined;
    const wasFirst = this.#first(orderingKey) === id;
    const line = this.#lines.get(orderingKey);
    line?.delete(id);
    if (line?.size === 0) this.#lines.delete(orderingKey);
    return wasFirst ? this.#first(orderingKey) : undefined;
  }

  #first(orderingKey: string): JobId | undefined {
    return this.#lines.get(orderingKey)?.values().next().value;
  }
}
