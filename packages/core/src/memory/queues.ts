/** What is set for queues, and how much room that leaves. */
import { type NewJob, PRIORITIES } from "../model/job.ts";
import type { QueueChange, QueueSetting } from "../store/queue-store.ts";
import type { Journal } from "./journal.ts";
import { type Places, Room } from "./room.ts";
import { byBytes } from "./sorted-keys.ts";

/** The settings by queue. */
export class Queues {
  readonly #settings = new Map<string, QueueSetting>();

  isPaused(queue: string): boolean {
    return this.#settings.get(queue)?.paused ?? false;
  }

  /** Gives the setting as it was and as it is. */
  configure(
    queue: string,
    change: QueueChange,
  ): { readonly before: QueueSetting; readonly after: QueueSetting } {
    const before = this.#settings.get(queue) ?? { queue, paused: false, capacities: {} };
    const after = { ...before, ...capacitiesOf(before, change), paused: change.paused ?? before.paused };
    this.#settings.set(queue, after);
    return { before, after };
  }

  list(): readonly QueueSetting[] {
    return [...this.#settings.values()]
      .filter((setting) => setting.paused || isLimited(setting) || setting.source === "operator")
      .sort((left, right) => byBytes(left.queue, right.queue));
  }

  /** Room in the queues of these jobs as it is now; queues without a capacity always have some. */
  room(jobs: readonly NewJob[], journal: Journal): Room {
    const queues = [...new Set(jobs.map((job) => job.queue))];
    const limited = queues.flatMap((queue) => {
      const setting = this.#settings.get(queue);
      return setting !== undefined && isLimited(setting) ? [setting] : [];
    });
    return new Room(limited.map((setting) => [setting.queue, freePlaces(setting, journal)] as const));
  }
}

function freePlaces({ queue, capacity, capacities }: QueueSetting, journal: Journal): Places {
  const queued = PRIORITIES.map(
    (priority) => [priority, journal.counters(`queue:${queue}:${priority}`)["queued"] ?? 0] as const,
  );
  const all = queued.reduce((sum, [, count]) => sum + count, 0);
  const free = queued.map(([priority, count]) => [
    priority,
    (capacities[priority] ?? Number.POSITIVE_INFINITY) - count,
  ]);
  return { all: (capacity ?? Number.POSITIVE_INFINITY) - all, of: Object.fromEntries(free) };
}

/** A configuration has no word where an operator's stands. */
function capacitiesOf(
  before: QueueSetting,
  { capacity = before.capacity, capacities, source = before.source }: QueueChange,
): Pick<QueueSetting, "capacity" | "capacities" | "source"> {
  if (source === "configuration" && before.source === "operator") return before;
  return {
    capacity: capacity ?? undefined,
    capacities: limits({ ...before.capacities, ...capacities }),
    source: source ?? undefined,
  };
}

function isLimited({ capacity, capacities }: QueueSetting): boolean {
  return capacity !== undefined || Object.keys(capacities).length > 0;
}

function limits(given: QueueChange["capacities"] & object): QueueSetting["capacities"] {
  return Object.fromEntries(PRIORITIES.flatMap((each) => (given[each] == null ? [] : [[each, given[each]]])));
}
