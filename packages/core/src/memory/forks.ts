/** Forks: how the children of each live parent stand. */
import type { ChildTally } from "../model/children.ts";
import type { JobId } from "../model/ids.ts";

interface Fork {
  readonly unfinished: Set<JobId>;
  completed: number;
  failed: number;
}

const NONE: ChildTally = Object.freeze({ total: 0, completed: 0, failed: 0 });

/** Only live parents have a fork; children of ended ones are no longer counted. */
export class Forks {
  /** Those not watched for longest first. */
  readonly #forks = new Map<JobId, Fork>();

  /** How the children stand; nothing where there never were any. */
  tally(parent: JobId): ChildTally | undefined {
    const fork = this.#forks.get(parent);
    if (fork === undefined) return undefined;
    const { unfinished, completed, failed } = fork;
    return { total: unfinished.size + completed + failed, completed, failed };
  }

  /** The same, all zeros where there never were any. */
  tallyOrNone(parent: JobId): ChildTally {
    return this.tally(parent) ?? NONE;
  }

  grow(parent: JobId, child: JobId): void {
    const fork = this.#forks.get(parent) ?? { unfinished: new Set(), completed: 0, failed: 0 };
    fork.unfinished.add(child);
    this.#forks.set(parent, fork);
  }

  childEnded(parent: JobId, child: JobId, end: "completed" | "failed"): void {
    const fork = this.#forks.get(parent);
    if (fork?.unfinished.delete(child)) fork[end] += 1;
  }

  drop(parent: JobId): void {
    this.#forks.delete(parent);
  }

  /** At most `limit` parents that fit, those not given for longest first. */
  takeTurns(limit: number, fits: (parent: JobId) => boolean): JobId[] {
    const taken: JobId[] = [];
    for (const parent of this.#forks.keys()) {
      if (taken.length >= limit) break;
      if (fits(parent)) taken.push(parent);
    }
    for (const parent of taken) this.#moveToEnd(parent);
    return taken;
  }

  /** Counts unfinished children that are not live as failed; gives how many. */
  writeOff(parent: JobId, isLive: (child: JobId) => boolean): number {
    const lost = [...(this.#forks.get(parent)?.unfinished ?? [])].filter((child) => !isLive(child));
    for (const child of lost) this.childEnded(parent, child, "failed");
    return lost.length;
  }

  #moveToEnd(parent: JobId): void {
    const fork = this.#forks.get(parent);
    if (fork === undefined) return;
    this.#forks.delete(parent);
    this.#forks.set(parent, fork);
  }
}
