/** Forks: which children of each job are live, and how those of a live one stand. */
import type { ChildTally } from "../model/children.ts";
import type { JobId } from "../model/ids.ts";

interface Fork {
  readonly unfinished: Set<JobId>;
  completed: number;
  failed: number;
  /** Whether the parent is live: only then ends are counted. */
  isOpen: boolean;
}

const NONE: ChildTally = Object.freeze({ total: 0, completed: 0, failed: 0 });

/** The fork of every live job that has had children, and of every ended one that still has some. */
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

  /** The children that have not ended. */
  unfinished(parent: JobId): ReadonlySet<JobId> {
    return this.#forks.get(parent)?.unfinished ?? new Set();
  }

  /** Adds a child of a live job. */
  grow(parent: JobId, child: JobId): void {
    this.#at(parent, true).unfinished.add(child);
  }

  /** An unfinished child has ended: a job that has a parent is in its fork while it is live. */
  childEnded(parent: JobId, child: JobId, end: "completed" | "failed"): void {
    const fork = this.#at(parent, false);
    fork.unfinished.delete(child);
    if (fork.isOpen) fork[end] += 1;
    else this.#forgetEmpty(parent);
  }

  /** Has a child that lives again count as unfinished; one end of the kind it came to is taken back. */
  rejoin(parent: JobId, child: JobId, of: { end: "completed" | "failed"; isParentLive: boolean }): void {
    const fork = this.#at(parent, of.isParentLive);
    fork.unfinished.add(child);
    fork[of.end] = Math.max(fork[of.end] - 1, 0);
  }

  /** The parent has ended: from now on its live children are known, and their ends not counted. */
  close(parent: JobId): void {
    const fork = this.#forks.get(parent);
    if (fork === undefined) return;
    Object.assign(fork, { completed: 0, failed: 0, isOpen: false });
    this.#forgetEmpty(parent);
  }

  /** The parent lives again, with the children that are live. */
  reopen(parent: JobId): void {
    const fork = this.#forks.get(parent);
    if (fork !== undefined) fork.isOpen = true;
  }

  /** At most `limit` parents that fit, those not given for longest first. */
  takeTurns(limit: number, fits: (parent: JobId) => boolean): JobId[] {
    const taken = new Map<JobId, Fork>();
    for (const [parent, fork] of this.#forks) {
      if (taken.size >= limit) break;
      if (fits(parent)) taken.set(parent, fork);
    }
    for (const [parent, fork] of taken) {
      this.#forks.delete(parent); // to stand at the end when set anew
      this.#forks.set(parent, fork);
    }
    return [...taken.keys()];
  }

  /** Counts unfinished children that are not live as failed; gives how many. */
  writeOff(parent: JobId, isLive: (child: JobId) => boolean): number {
    const lost = [...this.unfinished(parent)].filter((child) => !isLive(child));
    for (const child of lost) this.childEnded(parent, child, "failed");
    return lost.length;
  }

  #at(parent: JobId, isOpen: boolean): Fork {
    const fork = this.#forks.get(parent) ?? { unfinished: new Set(), completed: 0, failed: 0, isOpen };
    this.#forks.set(parent, fork);
    return fork;
  }

  #forgetEmpty(parent: JobId): void {
    if (this.#forks.get(parent)?.unfinished.size === 0) this.#forks.delete(parent);
  }
}
