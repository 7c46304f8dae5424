/** Queues in the hands of people: stopping and starting them, and how much may stand in line. */
import { PRIORITIES, type Priority } from "../model/job.ts";
import { badOption, checkName, refuseUnknownKeys } from "../model/options.ts";
import type { QueueChange, QueueSetting } from "../store/queue-store.ts";
import type { Store } from "../store/store.ts";

/** How many jobs may stand in line: in all, and of each class. `null` lifts a limit; what is left out stays. */
export interface CapacityOptions extends Readonly<Partial<Record<Priority, number | null>>> {
  readonly total?: number | null | undefined;
}

/** Queues that somebody has set something for, and setting it. */
export interface Queues {
  /** Workers take nothing more from the queue, on whatever machine; what is running goes on. */
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  /**
   * Limits the jobs in line (scheduled, ready, retrying): what is enqueued beyond that is refused as `queue-full`.
   * Children of jobs and runs are never refused.
   * @throws MillraceError `bad-config`
   */
  setCapacity(queue: string, capacity: CapacityOptions): Promise<void>;
  /** The queues that are paused or limited, by name. */
  list(): Promise<readonly QueueSetting[]>;
}

/** Works on a store that `open` opens; `nudge` tells local workers that there may be work again. */
export function queuesOf(store: Store, open: () => Promise<unknown>, nudge: () => void): Queues {
  const configure = async (queue: string, change: QueueChange) => {
    const name = checkName("queue", queue);
    await open();
    await store.configureQueue(name, change);
  };
  return Object.freeze({
    pause: (queue: string) => configure(queue, { paused: true }),
    resume: async (queue: string) => {
      await configure(queue, { paused: false });
      nudge();
    },
    setCapacity: async (queue: string, capacity: CapacityOptions) => configure(queue, changeOf(capacity)),
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
