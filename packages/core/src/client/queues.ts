/** Queues in the hands of people: stopping and starting them, and how much may stand in line. */
import type { Actor } from "../model/actor.ts";
import type { ControlNote } from "../model/control-note.ts";
import { PRIORITIES, type Priority } from "../model/job.ts";
import { badOption, checkName, refuseUnknownKeys } from "../model/options.ts";
import type { QueueChange, QueueSetting } from "../store/queue-store.ts";
import type { Store } from "../store/store.ts";
import { type JobRecord, jobRecord } from "./inspect.ts";
import { NOTE_KEYS } from "./job-control.ts";

const DEFAULT_PEEKED = 10;
const MOST_PEEKED = 200;

/** How many jobs may stand in line: in all, and of each class. `null` lifts a limit; what is left out stays. */
export interface CapacityOptions extends Readonly<Partial<Record<Priority, number | null>>> {
  readonly total?: number | null | undefined;
}

/** What to look at of a queue. */
export interface PeekQueueOptions {
  /** 1 to 200; 10 where left out. */
  readonly limit?: number | undefined;
  /** All classes where left out. */
  readonly priorities?: readonly Priority[] | undefined;
}

/** Queues that somebody has set something for, and setting it. */
export interface Queues {
  /** Workers take nothing more from the queue, on whatever machine; what is running goes on. */
  pause(queue: string, note?: ControlNote): Promise<void>;
  resume(queue: string, note?: ControlNote): Promise<void>;
  /**
   * Limits the jobs in line (scheduled, ready, retrying): what is enqueued beyond that is refused as `queue-full`.
   * Children of jobs and runs are never refused. An operator's word: configurations leave it alone from now on.
   * @throws MillraceError `bad-config`
   */
  setCapacity(queue: string, capacity: CapacityOptions, note?: ControlNote): Promise<void>;
  /** Capacities stay as they are until a program that is configured with others opens the store: no operator's word stands. */
  unsetCapacity(queue: string, note?: ControlNote): Promise<void>;
  /**
   * The jobs that would be claimed next, in that order; none is taken.
   * @throws MillraceError `bad-config`
   */
  peek(queue: string, options?: PeekQueueOptions): Promise<readonly JobRecord[]>;
  /** The queues that are paused or limited, by name. */
  list(): Promise<readonly QueueSetting[]>;
}

/** What {@link queuesOf} works with. */
export interface QueuesOptions {
  readonly store: Store;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
  open(): Promise<unknown>;
  /** Tells local workers that there may be work again. */
  nudge(): void;
}

/** Works on a store that `open` opens. */
export function queuesOf({ store, actor, open, nudge }: QueuesOptions): Queues {
  const configure = async (queue: string, change: QueueChange, note: ControlNote = {}) => {
    const name = checkName("queue", queue);
    refuseUnknownKeys("queues", note, NOTE_KEYS);
    await open();
    await store.configureQueue(name, change, { actor, ...note });
  };
  return Object.freeze({
    pause: (queue: string, note?: ControlNote) => configure(queue, { paused: true }, note),
    resume: async (queue: string, note?: ControlNote) => {
      await configure(queue, { paused: false }, note);
      nudge();
    },
    setCapacity: async (queue: string, capacity: CapacityOptions, note?: ControlNote) =>
      configure(queue, { ...changeOf(capacity), source: "operator" }, note),
    unsetCapacity: (queue: string, note?: ControlNote) => configure(queue, { source: null }, note),
    peek: async (queue: string, options: PeekQueueOptions = {}) => {
      refuseUnknownKeys("queues.peek", options, ["limit", "priorities"]);
      const { limit = DEFAULT_PEEKED, priorities } = options;
      if (!Number.isInteger(limit) || limit < 1 || limit > MOST_PEEKED)
        throw badOption("queues.peek.limit", limit, `1 to ${MOST_PEEKED}`);
      await open();
      const rows = await store.peek(checkName("queue", queue), { limit, priorities });
      return rows.map((row) => jobRecord(row));
    },
    list: async () => {
      await open();
      return store.queueSettings();
    },
  });
}

function changeOf(options: CapacityOptions): QueueChange {
  refuseUnknownKeys("setCapacity", options, ["total", ...PRIORITIES]);
  const { total, ...capacities } = options;
  for (const [option, limit] of Object.entries(options)) checkLimit(`setCapacity.${option}`, limit);
  return { capacity: total, capacities };
}

function checkLimit(option: string, limit: unknown): void {
  const fits = typeof limit === "number" && Number.isInteger(limit) && limit >= 0 && limit < 2 ** 31;
  if (!fits && limit !== null && limit !== undefined) {
    throw badOption(option, limit, "a whole number of jobs, 0 or more, or null for no limit");
  }
}
