/** What a worker can be told, checked once. */
import { randomBytes } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import { type Duration, durationMs } from "../model/duration.ts";
import { PRIORITIES, type Priority, TARGET_WAITS_MS } from "../model/job.ts";
import { badOption, checkName, refuseUnknownKeys } from "../model/options.ts";
import { type Concurrency, concurrencyRange, wholeNumber } from "./concurrency.ts";
import type { DeadThresholds } from "./maintenance/dead-watch.ts";
import type { SlotLimits } from "./slots.ts";

/** Options of a worker; {@link WORKER_DEFAULTS} where left out. */
export interface WorkerOptions {
  /** Queues served: names, or each with its own most. Where left out: those of all registered jobs. */
  readonly queues?: readonly string[] | Readonly<Record<string, number>> | undefined;
  /** Slots: most jobs at once over all queues; the sum of the queues' own where those are given. */
  readonly concurrency?: Concurrency | undefined;
  /** Most jobs held beyond the slots; never more than about 250 ms of work either way. 0: none. */
  readonly buffer?: number | undefined;
  /** Classes served, for a pool of their own; all where left out. */
  readonly priorities?: readonly Priority[] | undefined;
  /**
   * Whether a worker bound to classes runs jobs of others while there are none of its own (default false): those come
   * first, and the last free slot is kept for them.
   */
  readonly lend?: boolean | undefined;
  /** What jobs of a class should wait at most; past it they get up to a tenth of the places before others. */
  readonly targets?: Readonly<Partial<Record<Priority, Duration>>> | undefined;
  /** How long a vanished worker keeps its jobs from others. */
  readonly lease?: Duration | undefined;
  /** How often lost jobs are looked for. */
  readonly sweep?: Duration | undefined;
  /** How long running jobs may go on at shutdown. */
  readonly drain?: Duration | undefined;
  /** How long a handler may go on after its signal, before its slot is taken back. */
  readonly grace?: Duration | undefined;
  /**
   * How often a worker asks which of its running jobs were cancelled; and how long before a lease's end it counts it as
   * lost (at least a second, at most a quarter of the lease).
   */
  readonly heartbeat?: Duration | undefined;
  /** Longest blocked event loop that keeps its leases. */
  readonly maxBlock?: Duration | undefined;
  /** When a queue's dead letters are warned of, {@link DEAD_WARNINGS} where left out; `false`: never. */
  readonly deadLetters?: DeadWarnings | false | undefined;
  /** Of isolated jobs, which run in child processes. */
  readonly isolated?: IsolatedOptions | undefined;
  /** Shown as the holder of its jobs; host, process and a random part where left out. */
  readonly name?: string | undefined;
}

/** From when on a queue's dead letters are warned of, once until it has come back; `Infinity`: never. */
export interface DeadWarnings {
  /** How many there are: `dead-letters-depth`. */
  readonly depth?: number | undefined;
  /** How long ago the oldest died: `dead-letters-age`. */
  readonly age?: Duration | undefined;
  /** How many died in the last hour: `dead-letters-rate`. */
  readonly perHour?: number | undefined;
}

/** Defaults of {@link DeadWarnings}. */
export const DEAD_WARNINGS: Readonly<Record<"depth" | "perHour", number> & { age: Duration }> = Object.freeze(
  {
    depth: 1_000,
    age: "7d",
    perHour: 1_000,
  },
);

/** How isolated jobs are run. */
export interface IsolatedOptions {
  /** Most processes, and with that isolated jobs, at once; the number of cores where left out. */
  readonly processes?: number | undefined;
}

/** Defaults of {@link WorkerOptions}; a lease and a sweep are the worst recovery. */
export const WORKER_DEFAULTS: Readonly<
  Record<DurationKey, Duration> & { concurrency: Concurrency; buffer: number }
> = Object.freeze({
  concurrency: { min: 10, max: 50 },
  buffer: 2_000,
  lease: "15s",
  sweep: "1s",
  drain: "30s",
  grace: "5s",
  heartbeat: "1s",
  maxBlock: "5s",
});

type DurationKey = "lease" | "sweep" | "drain" | "grace" | "heartbeat" | "maxBlock";

/** Options as the worker uses them. */
export interface WorkerSettings {
  readonly name: string;
  /** Undefined: those of all registered jobs. */
  readonly queues: readonly string[] | undefined;
  readonly limits: SlotLimits;
  /** Most jobs held beyond the slots. */
  readonly buffer: number;
  /** Undefined: all. */
  readonly priorities: readonly Priority[] | undefined;
  readonly lends: boolean;
  readonly targetsMs: Readonly<Record<Priority, number>>;
  readonly leaseMs: number;
  readonly sweepMs: number;
  readonly drainMs: number;
  readonly graceMs: number;
  readonly heartbeatMs: number;
  readonly maxBlockMs: number;
  /** Undefined: nobody is warned. */
  readonly deadThresholds: DeadThresholds | undefined;
  /** Most isolated jobs at once. */
  readonly processes: number;
}

const KEYS: readonly (keyof WorkerOptions)[] = [
  "queues",
  "concurrency",
  "buffer",
  "priorities",
  "lend",
  "targets",
  "lease",
  "sweep",
  "drain",
  "grace",
  "heartbeat",
  "maxBlock",
  "deadLetters",
  "isolated",
  "name",
];
const MIN_LEASE_MS = 100;
const MIN_SWEEP_MS = 10;
const NONE: ReadonlyMap<string, number> = new Map();

/**
 * Checks options. `known` are limits of queues for which these name none.
 * @throws MillraceError `bad-config` naming the option and its bad value.
 */
export function workerSettings(
  options: WorkerOptions,
  known: ReadonlyMap<string, number> = NONE,
): WorkerSettings {
  refuseUnknownKeys("worker", options, KEYS);
  const byQueue = queueLimits(options.queues);
  const sum = [...byQueue.values()].reduce((total, limit) => total + limit, 0);
  const concurrency = options.concurrency ?? (sum > 0 ? sum : WORKER_DEFAULTS.concurrency);
  return {
    name: options.name === undefined ? processName() : checkName("worker.name", options.name),
    queues: queueNames(options.queues),
    limits: {
      total: concurrencyRange("worker.concurrency", concurrency),
      byQueue: new Map([...known, ...byQueue]),
    },
    buffer: wholeNumber("worker.buffer", options.buffer ?? WORKER_DEFAULTS.buffer, 0),
    priorities: options.priorities?.length === 0 ? refuseNone(options) : options.priorities?.map(priorityOf),
    lends: lending(options),
    targetsMs: targets(options.targets),
    leaseMs: duration(options, "lease", MIN_LEASE_MS),
    sweepMs: duration(options, "sweep", MIN_SWEEP_MS),
    drainMs: duration(options, "drain", 0),
    graceMs: duration(options, "grace", 0),
    heartbeatMs: duration(options, "heartbeat", MIN_SWEEP_MS),
    maxBlockMs: duration(options, "maxBlock", 0),
    deadThresholds: deadThresholds(options.deadLetters),
    processes: processes(options.isolated),
  };
}

function processes(given: WorkerOptions["isolated"] = {}): number {
  if (typeof given !== "object" || given === null) {
    throw badOption("worker.isolated", given, "an object with the number of processes");
  }
  refuseUnknownKeys("worker.isolated", given, ["processes"]);
  return wholeNumber("worker.isolated.processes", given.processes ?? availableParallelism(), 1);
}

function queueNames(queues: WorkerOptions["queues"]): readonly string[] | undefined {
  if (queues === undefined) return undefined;
  const names = Array.isArray(queues) ? queues : Object.keys(queues);
  if (names.length === 0) throw badOption("worker.queues", queues, "at least one queue");
  return [...new Set(names.map((name) => checkName("worker.queues", name)))];
}

function queueLimits(queues: WorkerOptions["queues"]): ReadonlyMap<string, number> {
  if (queues === undefined || Array.isArray(queues)) return new Map();
  if (typeof queues !== "object" || queues === null) {
    throw badOption("worker.queues", queues, "names, or an object of name and concurrency");
  }
  return new Map(
    Object.entries(queues).map(([queue, limit]) => [queue, wholeNumber(`worker.queues.${queue}`, limit, 1)]),
  );
}

function refuseNone({ priorities }: WorkerOptions): never {
  throw badOption("worker.priorities", priorities, "at least one class");
}

function lending({ lend = false, priorities }: WorkerOptions): boolean {
  if (typeof lend !== "boolean") throw badOption("worker.lend", lend, "true or false");
  if (lend && priorities === undefined) {
    throw badOption(
      "worker.lend",
      lend,
      "worker.priorities beside it: only a worker bound to classes can lend",
    );
  }
  return lend;
}

function priorityOf(value: Priority): Priority {
  if (PRIORITIES.includes(value)) return value;
  throw badOption("worker.priorities", value, PRIORITIES.join(", "));
}

function targets(given: WorkerOptions["targets"] = {}): Readonly<Record<Priority, number>> {
  refuseUnknownKeys("worker.targets", given, PRIORITIES);
  const own = PRIORITIES.flatMap((priority) => {
    const value = given[priority];
    if (value === undefined) return [];
    const ms = durationMs(value, `worker.targets.${priority}`);
    if (ms < 1) throw badOption(`worker.targets.${priority}`, value, "1 ms or more");
    return [[priority, ms] as const];
  });
  return { ...TARGET_WAITS_MS, ...Object.fromEntries(own) };
}

function deadThresholds(given: WorkerOptions["deadLetters"] = {}): DeadThresholds | undefined {
  if (given === false) return undefined;
  refuseUnknownKeys("worker.deadLetters", given, ["depth", "age", "perHour"]);
  const { depth = DEAD_WARNINGS.depth, age = DEAD_WARNINGS.age, perHour = DEAD_WARNINGS.perHour } = given;
  return {
    depth: threshold("worker.deadLetters.depth", depth),
    ageMs: age === Number.POSITIVE_INFINITY ? age : durationMs(age, "worker.deadLetters.age"),
    perHour: threshold("worker.deadLetters.perHour", perHour),
  };
}

function threshold(option: string, value: number): number {
  return value === Number.POSITIVE_INFINITY ? value : wholeNumber(option, value, 1);
}

function duration(options: WorkerOptions, key: DurationKey, minMs: number): number {
  const value = options[key] ?? WORKER_DEFAULTS[key];
  const ms = durationMs(value, `worker.${key}`);
  if (ms < minMs) throw badOption(`worker.${key}`, value, `${minMs} ms or more`);
  return ms;
}

function processName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(3).toString("hex")}`;
}
