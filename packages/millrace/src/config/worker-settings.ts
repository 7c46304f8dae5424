/** The settings of workers. */
import { type Concurrency, type Duration, JOB_DEFAULTS, programOf, WORKER_DEFAULTS } from "@millrace/core";
import { checked, duration, optionalNumber, type Setting, wholeNumber } from "./setting.ts";

/** The type of each. */
export interface WorkerSettingValues {
  readonly "worker.concurrency": Concurrency;
  readonly "worker.maxConcurrentJobs": number | undefined;
  readonly "worker.buffer": number;
  readonly "worker.lease": Duration;
  readonly "worker.heartbeat": Duration;
  readonly "worker.sweep": Duration;
  readonly "worker.drain": Duration;
  readonly "worker.grace": Duration;
  readonly "worker.maxBlock": Duration;
  readonly "worker.maxRescues": number;
  readonly "worker.memoryLimit": number | undefined;
}

/** All of them, in the order they are shown. */
export const WORKER_SETTINGS: {
  readonly [K in keyof WorkerSettingValues]: Setting<WorkerSettingValues[K]>;
} = Object.freeze({
  "worker.concurrency": checked<Concurrency>(
    {
      defaultValue: WORKER_DEFAULTS.concurrency,
      takes:
        'a whole number, 1 or more, or two of them, {"min": 10, "max": 50}, as which a variable is written too',
      meaning:
        "Slots: most jobs at once in a worker. A number fixes them; between two they grow while all are in use and the event loop and memory allow it. Where left out, `ingest` takes what its work needs.",
    },
    (concurrency) => programOf({ worker: { concurrency } }),
  ),
  "worker.maxConcurrentJobs": optionalNumber(
    {
      defaultValue: undefined,
      meaning:
        "Most jobs at once over all workers of a program. Where left out: as many as its workers have slots.",
    },
    1,
  ),
  "worker.buffer": wholeNumber(
    {
      defaultValue: WORKER_DEFAULTS.buffer,
      meaning:
        "Most jobs a worker claims ahead of free slots; only of jobs known to be short, and never more than about 250 ms of work.",
    },
    0,
  ),
  "worker.lease": duration(
    {
      defaultValue: WORKER_DEFAULTS.lease,
      meaning: "How long a vanished worker keeps its jobs from others; with a sweep, the worst recovery.",
    },
    100,
  ),
  "worker.heartbeat": duration(
    {
      defaultValue: WORKER_DEFAULTS.heartbeat,
      meaning:
        "How often a worker asks which of its running jobs were cancelled; and how long before a lease's end it counts it as lost (at least a second, at most a quarter of the lease).",
    },
    10,
  ),
  "worker.sweep": duration(
    { defaultValue: WORKER_DEFAULTS.sweep, meaning: "How often jobs of vanished workers are looked for." },
    10,
  ),
  "worker.drain": duration({
    defaultValue: WORKER_DEFAULTS.drain,
    meaning: "How long running jobs may go on at shutdown.",
  }),
  "worker.grace": duration({
    defaultValue: WORKER_DEFAULTS.grace,
    meaning: "How long a job may go on after it was told to stop, before its place is taken back.",
  }),
  "worker.maxBlock": duration({
    defaultValue: WORKER_DEFAULTS.maxBlock,
    meaning: "Longest blocked event loop that keeps its leases.",
  }),
  "worker.maxRescues": wholeNumber(
    {
      defaultValue: JOB_DEFAULTS.maxRescues,
      meaning:
        "Times a job may take its worker down before it is given up as crashed, of jobs enqueued here whose definition does not say.",
    },
    0,
  ),
  "worker.memoryLimit": optionalNumber(
    {
      defaultValue: undefined,
      meaning:
        "Most bytes the process should be resident with. From 80 % of it on fewer chunks of batches start, down to one; from 95 % on none, until it has fallen. Where left out: what the machine, its container (cgroups) or `--max-old-space-size` gives, whichever is nearest.",
    },
    1,
  ),
});
