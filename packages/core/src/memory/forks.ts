/** Forks: how many children a live job still waits for. */
import type { JobId } from "../model/ids.ts";

interface Fork {
  pending: number;
  failed: number;
}

/** Only live parents have a fork; children of ended ones are no longer counted. */
export class Forks {
  readonly #forks = new Map<JobId, Fork>();

  /** Children not ended yet. */
  pending(parent: JobId): number {
    return this.#forks.get(parent)?.pending ?? 0;
  }

  grow(parent: JobId, children: number): void {
    if (children === 0) return;
    const fork = this.#forks.get(parent) ?? { pending: 0, failed: 0 };
    fork.pending += children;
    this.#forks.set(parent, fork);
  }

  childEnded(parent: JobId, failed: boolean): void {
    const fork = this.#forks.get(parent);
    if (fork === undefined) return;
    fork.pending -= 1;
    if (failed) fork.failed += 1;
  }

  drop(parent: JobId): void {
    this.#forks.delete(parent);
  }
}
