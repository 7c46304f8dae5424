/** The verbs of queues: what somebody has set for one. */
import type { ControlNote } from "../model/control-note.ts";
import type { JobRow, Priority } from "../model/job.ts";

/** Whose word a queue's capacities are: a person's, or that of a program's configuration. */
export type CapacitySource = "operator" | "configuration";

/** What is set for a queue. */
export interface QueueSetting {
  readonly queue: string;
  /** Whether claims take nothing from it. */
  readonly paused: boolean;
  /** Most jobs in line (scheduled, ready, retrying) of all classes together; no limit where left out. */
  readonly capacity?: number | undefined;
  /** Most jobs in line of a class, for those that have a limit of their own. */
  readonly capacities: Readonly<Partial<Record<Priority, number>>>;
  /** Whose word the capacities are, where that was said. */
  readonly source?: CapacitySource | undefined;
}

/** What to set: what is left out stays as it is, `null` lifts a limit. */
export interface QueueChange {
  readonly paused?: boolean | undefined;
  /** A whole number, 0 or more. */
  readonly capacity?: number | null | undefined;
  readonly capacities?: Readonly<Partial<Record<Priority, number | null>>> | undefined;
  /**
   * Whose word the capacities are from now on; `null` for nobody's. The word of a `configuration` changes no capacity where an
   * operator's stands.
   */
  readonly source?: CapacitySource | null | undefined;
}

/** What to look at of a queue. */
export interface PeekOptions {
  /** All classes where left out. */
  readonly priorities?: readonly Priority[] | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}

/** The queue part of the port. */
export interface QueueStore {
  /**
   * Changes what is set for a queue, whether or not it has ever had a job. Jobs that run when a queue is paused go on;
   * jobs in line beyond a new capacity stay. Where the note names an actor, the audit keeps what became different.
   */
  configureQueue(queue: string, change: QueueChange, note?: ControlNote): Promise<void>;
  /** The queues that are paused or limited, or that an operator wants unlimited, by name (code-unit order of its UTF-8 bytes). */
  queueSettings(): Promise<readonly QueueSetting[]>;
  /**
   * The jobs of a queue that claims would take next, at most `limit`, by class, then due time, then id, and takes none:
   * suspects, expired jobs and those behind another one of their ordering key are left out, whether or not the queue is paused.
   * What it costs does not grow with the queue.
   */
  peek(queue: string, options: PeekOptions): Promise<readonly JobRow[]>;
}
