/** What a program says once for all its jobs and workers: checked, and taken apart by who needs it. */
import {
  checkedPolicies,
  checkedQueues,
  checkedTargets,
  type PrioritiesOptions,
  type QueuesOptions,
  type RetriesOptions,
} from "./client/program-options.ts";
import { JOB_DEFAULTS, type JobDefaults } from "./job/job-defaults.ts";
import type { Duration } from "./model/duration.ts";
import type { Priority } from "./model/job.ts";
import { badOption, refuseUnknownKeys, withoutUndefined } from "./model/options.ts";
import { type RetentionOptions, retentionMs } from "./model/retention.ts";
import { MemoryWatch } from "./runtime/memory-watch.ts";
import { systemTiming } from "./runtime/timers.ts";
import type { QueueChange } from "./store/queue-store.ts";
import { Ceiling } from "./worker/ceiling.ts";
import { wholeNumber } from "./worker/concurrency.ts";
import { type WorkerOptions, workerSettings } from "./worker/options.ts";
import { type StorageOptions, storageSettings } from "./worker/temp-folders.ts";
import type { WorkerPorts } from "./worker/worker.ts";

/** What all workers of a program begin with; a worker's own options come first. */
export interface ProgramWorkerOptions
  extends Pick<
    WorkerOptions,
    "concurrency" | "buffer" | "lease" | "heartbeat" | "sweep" | "drain" | "grace" | "maxBlock"
  > {
  /** Most jobs at once over all workers of this client; no other limit than the workers' own where left out. */
  readonly maxConcurrentJobs?: number | undefined;
  /**
   * Most bytes this process should be resident with: from 80 % of it on fewer chunks of bulk work start, from 95 % on
   * none. What the machine, its container or `--max-old-space-size` gives where left out.
   */
  readonly memoryLimit?: number | undefined;
  /** Times a job may take its worker down before it is given up as crashed, where its definition does not say; 3. */
  readonly maxRescues?: number | undefined;
}

/** Options of a program; configuration files have the same shapes. */
export interface ProgramOptions {
  readonly worker?: ProgramWorkerOptions | undefined;
  readonly queues?: QueuesOptions | undefined;
  readonly priorities?: PrioritiesOptions | undefined;
  readonly retry?: RetriesOptions | undefined;
  /** How long this program's workers keep finished jobs, and events. */
  readonly retention?: RetentionOptions | undefined;
  readonly storage?: StorageOptions | undefined;
}

/** The options, checked. */
export interface Program {
  readonly defaults: JobDefaults;
  /** What is to be set in the store, by queue. */
  readonly capacities: ReadonlyMap<string, QueueChange>;
  /** What its workers share. */
  readonly workerPorts: Pick<
    WorkerPorts,
    "defaults" | "ceiling" | "queueLimits" | "retention" | "storage"
  > & { readonly memory: MemoryWatch };
  /** A worker's options with the program's behind them. */
  workerOptions(own?: WorkerOptions): WorkerOptions;
}

/** @throws MillraceError `bad-config` naming the option and the bad value. */
export function programOf(options: ProgramOptions): Program {
  const { limits, capacities, ttlsMs } = checkedQueues(options.queues);
  const targets = checkedTargets(options.priorities);
  const {
    maxConcurrentJobs,
    maxRescues = JOB_DEFAULTS.maxRescues,
    memoryLimit,
    ...worker
  } = workerOf(options);
  const { retention, storage } = options;
  workerSettings(worker);
  retentionMs(retention);
  storageSettings(storage);
  const defaults: JobDefaults = Object.freeze({
    maxRescues: wholeNumber("worker.maxRescues", maxRescues, 0),
    ttlsMs,
    policies: checkedPolicies(options.retry),
  });
  const ceiling =
    maxConcurrentJobs === undefined
      ? undefined
      : new Ceiling(wholeNumber("worker.maxConcurrentJobs", maxConcurrentJobs, 1));
  const memory = new MemoryWatch({
    limitBytes: memoryLimit === undefined ? undefined : wholeNumber("worker.memoryLimit", memoryLimit, 1),
    nowMs: () => systemTiming.now(),
  });
  return {
    defaults,
    capacities,
    workerPorts: { defaults, ceiling, queueLimits: limits, retention, storage, memory },
    workerOptions: (own = {}) => merged({ ...worker, targets }, own),
  };
}

const WORKER_KEYS: readonly (keyof ProgramWorkerOptions)[] = [
  "concurrency",
  "maxConcurrentJobs",
  "buffer",
  "lease",
  "heartbeat",
  "sweep",
  "drain",
  "grace",
  "maxBlock",
  "maxRescues",
  "memoryLimit",
];

function workerOf({ worker = {} }: ProgramOptions): ProgramWorkerOptions {
  if (typeof worker !== "object" || worker === null || Array.isArray(worker)) {
    throw badOption("worker", worker, "an object of options");
  }
  refuseUnknownKeys("worker", worker, WORKER_KEYS);
  return worker;
}

/** Option by option; targets class by class. */
function merged(base: WorkerOptions, own: WorkerOptions): WorkerOptions {
  const targets: Readonly<Partial<Record<Priority, Duration>>> = { ...base.targets, ...own.targets };
  return { ...base, ...withoutUndefined(own), targets };
}
