/** Room in queues for the jobs of one call. */
import type { NewJob, Priority } from "../model/job.ts";

/** Free places by class, and in all. */
export interface Places {
  all: number;
  readonly of: Record<Priority, number>;
}

/** Free places, given out one by one. */
export class Room {
  readonly #places: ReadonlyMap<string, Places>;

  constructor(places: readonly (readonly [queue: string, Places])[]) {
    this.#places = new Map(places);
  }

  /** Takes a place for the job; `false` where there is none. */
  take({ queue, priority }: NewJob): boolean {
    const places = this.#places.get(queue);
    if (places === undefined) return true;
    if (places.all <= 0 || places.of[priority] <= 0) return false;
    places.all -= 1;
    places.of[priority] -= 1;
    return true;
  }
}
