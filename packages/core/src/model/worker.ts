/** What a worker says of itself, and how a store shows it. */
import type { WorkerId } from "./ids.ts";
import type { Priority } from "./job.ts";

/** A worker's word: who it is, what it takes, and how busy it is. */
export interface WorkerWord {
  readonly id: WorkerId;
  /** Shown as the holder of its jobs; several workers may share one. */
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  /** Of millrace. */
  readonly version: string;
  /** How long it has been at work, in ms of its own monotonic clock: a whole number. */
  readonly upMs: number;
  readonly queues: readonly string[];
  /** Jobs it has handlers for. */
  readonly names: readonly string[];
  /** Classes it takes, lent slots included. */
  readonly priorities: readonly Priority[];
  /** Most jobs at once. */
  readonly concurrency: number;
  /** Jobs running when it said so. */
  readonly running: number;
  /** Whether it finishes what is running and takes nothing more. */
  readonly draining: boolean;
}

/** A live worker as a store shows it. Times are ms since the epoch on the store's clock. */
export interface WorkerRow extends Omit<WorkerWord, "upMs"> {
  readonly startedAtMs: number;
  /** When it last gave its word. */
  readonly seenAtMs: number;
}

/** The worker that {@link takes} asks about. */
type Taker = Pick<WorkerWord, "queues" | "names" | "priorities" | "draining">;

/** Whether a worker takes jobs of this queue, name and class. */
export function takes(
  worker: Taker,
  job: { readonly queue: string; readonly name: string; readonly priority: Priority },
): boolean {
  return (
    !worker.draining &&
    worker.queues.includes(job.queue) &&
    worker.names.includes(job.name) &&
    worker.priorities.includes(job.priority)
  );
}
