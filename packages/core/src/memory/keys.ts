/** Unique keys: which job holds each, and which stay taken for some time whatever becomes of the job. */
import type { JobId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { Job } from "./job.ts";

interface Kept {
  readonly job: JobId;
  readonly untilMs: number;
}

/** Keys are held by live jobs, and kept by those that asked for it. */
export class Keys {
  readonly #held = new Map<string, JobId>();
  readonly #kept = new Map<string, Kept>();

  /** The job that stands in the way of another one with this key. */
  holder(key: string, now: number): JobId | undefined {
    const kept = this.#kept.get(key);
    return this.#held.get(key) ?? (kept && kept.untilMs > now ? kept.job : undefined);
  }

  /** Gives a new job its key. */
  take({ id, unique }: NewJob, now: number): void {
    if (unique === undefined) return;
    this.#held.set(unique.key, id);
    if (unique.keepForMs !== undefined) {
      this.#kept.set(unique.key, { job: id, untilMs: now + unique.keepForMs });
    }
  }

  /** A job was claimed: it may be done with its key. */
  claimed(job: Job): void {
    if (job.unique?.while === "queued") this.ended(job);
  }

  /** A job is done with its key. */
  ended({ id, unique }: Job): void {
    if (unique !== undefined && this.isHeldBy({ id, unique })) this.#held.delete(unique.key);
  }

  /** Whether the job has its key still, and not only kept for it. */
  isHeldBy({ id, unique }: Pick<NewJob, "id" | "unique">): boolean {
    return unique !== undefined && this.#held.get(unique.key) === id;
  }

  /** Forgets what was kept long enough. */
  prune(now: number): void {
    for (const [key, { untilMs }] of this.#kept) if (untilMs <= now) this.#kept.delete(key);
  }
}
