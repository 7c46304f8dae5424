/** Statistics of a store, made of its counters: what they cost does not grow with history. */
import { PRIORITIES, type Priority } from "../model/job.ts";
import type { CountersByScope } from "../store/stats-store.ts";
import type { Store } from "../store/store.ts";

/** What became of jobs, since the store's first one or within a time. */
export interface Outcomes {
  readonly completed: number;
  readonly dead: number;
  readonly cancelled: number;
  readonly expired: number;
  /** Enqueues that a full queue has refused (`queue-full`). */
  readonly refused: number;
  /** Completed, of those that completed, died or expired: 0 to 1; `null` where none did. */
  readonly successRate: number | null;
  /** From due to the handler's start, over attempts that succeeded or failed; `null` where there were none. */
  readonly averageWaitMs: number | null;
  readonly averageRunMs: number | null;
  /** Failed attempts by class of error. */
  readonly failures: Readonly<Record<string, number>>;
}

/** What became of jobs lately. Figures are estimates where a minute lies half within the time. */
export interface RecentOutcomes extends Outcomes {
  /** Jobs completed or dead. */
  readonly perMinute: number;
}

/** Figures of some jobs. */
export interface Figures extends Outcomes {
  /** Jobs in line, due or not yet. */
  readonly queued: number;
  readonly running: number;
  /** Jobs that wait for their children. */
  readonly waiting: number;
  readonly lastMinute: RecentOutcomes;
  readonly lastHour: RecentOutcomes;
}

/** Figures of a queue, and of each of its classes that ever had a job. */
export interface QueueStats extends Figures {
  readonly queue: string;
  readonly priorities: Readonly<Partial<Record<Priority, Figures>>>;
}

/** Figures of all jobs, and of each queue by name. */
export interface Stats extends Figures {
  readonly queues: readonly QueueStats[];
}

type Counts = Readonly<Record<string, number>>;
/** The same counters over three times. */
interface Sums {
  readonly ever: Counts;
  readonly minute: Counts;
  readonly hour: Counts;
}

const PREFIX = "queue:";
const MINUTES_OF_HOUR = 60;

/** Reads the statistics of all queues. */
export async function readStats(store: Pick<Store, "countersUnder">): Promise<Stats> {
  const [ever, minute, hour] = await Promise.all([
    store.countersUnder(PREFIX),
    store.countersUnder(PREFIX, { lastMinutes: 1 }),
    store.countersUnder(PREFIX, { lastMinutes: MINUTES_OF_HOUR }),
  ]);
  return statsOf({ ever, minute, hour });
}

interface AllSums {
  readonly ever: CountersByScope;
  readonly minute: CountersByScope;
  readonly hour: CountersByScope;
}

function statsOf(all: AllSums): Stats {
  const queues = new Map<string, Partial<Record<Priority, Sums>>>();
  for (const scope of Object.keys({ ...all.ever, ...all.minute, ...all.hour }).toSorted()) {
    const place = placeOf(scope);
    if (place === undefined) continue;
    const sums = {
      ever: all.ever[scope] ?? {},
      minute: all.minute[scope] ?? {},
      hour: all.hour[scope] ?? {},
    };
    queues.set(place.queue, { ...queues.get(place.queue), [place.priority]: sums });
  }
  const listed = [...queues].map(([queue, classes]) => ({ queue, classes }));
  return Object.freeze({
    ...figuresOf(addSums(listed.flatMap(({ classes }) => Object.values(classes)))),
    queues: listed.map(({ queue, classes }) => ({
      queue,
      ...figuresOf(addSums(Object.values(classes))),
      priorities: Object.fromEntries(Object.entries(classes).map(([name, sums]) => [name, figuresOf(sums)])),
    })),
  });
}

/** A queue's name may hold colons, a class's does not. */
function placeOf(scope: string): { readonly queue: string; readonly priority: Priority } | undefined {
  const end = scope.lastIndexOf(":");
  const priority = PRIORITIES.find((one) => one === scope.slice(end + 1));
  return priority === undefined ? undefined : { queue: scope.slice(PREFIX.length, end), priority };
}

function addSums(all: readonly Sums[]): Sums {
  const add = (of: keyof Sums) => addCounts(all.map((sums) => sums[of]));
  return { ever: add("ever"), minute: add("minute"), hour: add("hour") };
}

function addCounts(all: readonly Counts[]): Counts {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

function figuresOf({ ever, minute, hour }: Sums): Figures {
  return {
    queued: ever["queued"] ?? 0,
    running: ever["running"] ?? 0,
    waiting: ever["waiting"] ?? 0,
    ...outcomesOf(ever),
    lastMinute: recentOf(minute, 1),
    lastHour: recentOf(hour, MINUTES_OF_HOUR),
  };
}

function recentOf(counts: Counts, minutes: number): RecentOutcomes {
  const outcomes = outcomesOf(counts);
  return { ...outcomes, perMinute: (outcomes.completed + outcomes.dead) / minutes };
}

const FAILED = "failed:";

function outcomesOf(counts: Counts): Outcomes {
  const { completed = 0, dead = 0, cancelled = 0, expired = 0, refused = 0 } = counts;
  const { ran = 0, waitMs = 0, runMs = 0 } = counts;
  const failures = Object.entries(counts).filter(([name]) => name.startsWith(FAILED));
  return {
    completed,
    dead,
    cancelled,
    expired,
    refused,
    successRate: ratio(completed, completed + dead + expired),
    averageWaitMs: ratio(waitMs, ran),
    averageRunMs: ratio(runMs, ran),
    failures: Object.fromEntries(failures.map(([name, count]) => [name.slice(FAILED.length), count])),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
