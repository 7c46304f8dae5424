/** Forks: how the children of each live parent stand. */
import type { ChildTally } from "../model/children.ts";
import type { JobId } from "../model/ids.ts";

interface Fork {
  total: number;
  completed: number;
  failed: number;
}

const NONE: ChildTally = Object.freeze({ total: 0, completed: 0, failed: 0 });

/** Only live parents have a fork; children of ended ones are no longer counted. */
export class Forks {
  readonly #forks = new Map<JobId, Fork>();

  /** How the children stand; nothing where there never were any. */
  tally(parent: JobId): ChildTally | undefined {
    const fork = this.#forks.get(parent);
    return fork && { ...fork };
  }

  /** The same, all zeros where there never were any. */
  tallyOrNone(parent: JobId): ChildTally {
    return this.tally(parent) ?? NONE;
  }

  grow(parent: JobId, children: number): void {
    if (children === 0) return;
    const fork = this.#forks.get(parent) ?? { ...NONE };
    fork.total += children;
    this.#forks.set(parent, fork);
  }

  childEnded(parent: JobId, end: "completed" | "failed"): void {
    const fork = this.#forks.get(parent);
    if (fork !== undefined) fork[end] += 1;
  }

  drop(parent: JobId): void {
    this.#forks.delete(parent);
  }
}
