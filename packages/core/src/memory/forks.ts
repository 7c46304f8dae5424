/** Forks: which children of a job are live, whom it may wait for. */
import type { JobId } from "../model/ids.ts";

/** The live children of every job that has any. */
export class Forks {
  readonly #children = new Map<JobId, Set<JobId>>();

  /** How many children have not ended. */
  pending(parent: JobId): number {
    return this.#children.get(parent)?.size ?? 0;
  }

  children(parent: JobId): Iterable<JobId> {
    return this.#children.get(parent) ?? [];
  }

  grow(parent: JobId, child: JobId): void {
    const children = this.#children.get(parent) ?? new Set();
    children.add(child);
    this.#children.set(parent, children);
  }

  childEnded(parent: JobId, child: JobId): void {
    const children = this.#children.get(parent);
    children?.delete(child);
    if (children?.size === 0) this.#children.delete(parent);
  }
}
