/** What a program says once for all its queues, classes and workers, as options spell it. */
import type { JobDefaults } from "../job/job-defaults.ts";
import { JOB_DEFAULTS } from "../job/job-defaults.ts";
import { type Duration, durationMs } from "../model/duration.ts";
import { PRIORITIES, type Priority } from "../model/job.ts";
import { badOption, checkName, refuseUnknownKeys } from "../model/options.ts";
import type { QueueChange } from "../store/queue-store.ts";
import { type RetryOption, retryPolicy } from "./retry-option.ts";

/** Most jobs in line of each class named, and of all together. */
export interface QueueCapacities extends Readonly<Partial<Record<Priority, number | undefined>>> {
  readonly total?: number | undefined;
}

/** One queue, as this program wants it. */
export interface QueueOptions {
  /** Most jobs of the queue at once in each worker. */
  readonly concurrency?: number | undefined;
  /** Most jobs in line, of all classes together where it is a number; set in the store when it is opened. */
  readonly capacity?: number | QueueCapacities | undefined;
  /** How long jobs this program enqueues may stay in line once they are due, where their enqueue does not say. */
  readonly ttl?: Duration | undefined;
}

/** By name. */
export type QueuesOptions = Readonly<Record<string, QueueOptions | undefined>>;

/** One class. */
export interface PriorityOptions {
  /** What its jobs should wait at most; past it they get up to a tenth of the places before others. */
  readonly target?: Duration | undefined;
}

/** By class. */
export type PrioritiesOptions = Readonly<Partial<Record<Priority, PriorityOptions | undefined>>>;
/** By class: the policy of jobs for which neither they nor their definition name one. */
export type RetriesOptions = Readonly<Partial<Record<Priority, RetryOption | undefined>>>;

/** {@link QueuesOptions}, checked. */
export interface CheckedQueues {
  readonly limits: ReadonlyMap<string, number>;
  readonly capacities: ReadonlyMap<string, QueueChange>;
  readonly ttlsMs: ReadonlyMap<string, number>;
}

const QUEUE_KEYS: readonly (keyof QueueOptions)[] = ["concurrency", "capacity", "ttl"];
const MAX_CAPACITY = 2 ** 31 - 1;
const WHOLE = "a whole number of jobs, 0 or more";

/** @throws MillraceError `bad-config` naming the option and the bad value. */
export function checkedQueues(options: QueuesOptions = {}): CheckedQueues {
  const limits = new Map<string, number>();
  const capacities = new Map<string, QueueChange>();
  const ttlsMs = new Map<string, number>();
  for (const [name, queue] of Object.entries(record("queues", options))) {
    const option = `queues.${checkQueue(name)}`;
    if (queue === undefined) continue;
    refuseUnknownKeys(option, record(option, queue), QUEUE_KEYS);
    const { concurrency, capacity, ttl } = queue;
    if (concurrency !== undefined) limits.set(name, slotsOf(`${option}.concurrency`, concurrency));
    if (capacity !== undefined) capacities.set(name, changeOf(`${option}.capacity`, capacity));
    if (ttl !== undefined) ttlsMs.set(name, positive(`${option}.ttl`, ttl));
  }
  return { limits, capacities, ttlsMs };
}

/** The targets as a worker takes them. @throws MillraceError `bad-config` */
export function checkedTargets(
  options: PrioritiesOptions = {},
): Readonly<Partial<Record<Priority, Duration>>> {
  refuseUnknownKeys("priorities", record("priorities", options), PRIORITIES);
  const targets: Partial<Record<Priority, Duration>> = {};
  for (const priority of PRIORITIES) {
    const given = options[priority];
    if (given === undefined) continue;
    refuseUnknownKeys(`priorities.${priority}`, record(`priorities.${priority}`, given), ["target"]);
    if (given.target === undefined) continue;
    positive(`priorities.${priority}.target`, given.target);
    targets[priority] = given.target;
  }
  return targets;
}

/** @throws MillraceError `bad-config` */
export function checkedPolicies(options: RetriesOptions = {}): JobDefaults["policies"] {
  refuseUnknownKeys("retry", record("retry", options), PRIORITIES);
  const policies = { ...JOB_DEFAULTS.policies };
  for (const priority of PRIORITIES) {
    const given = options[priority];
    if (given !== undefined)
      policies[priority] = retryPolicy(policyOption(priority, given), `retry.${priority}`);
  }
  return policies;
}

/** A queue's name as a key of options: not one that an object has of its own accord. */
function checkQueue(name: string): string {
  if (name !== "__proto__") return checkName("queues", name);
  throw badOption("queues", name, "names of queues, and __proto__ is none");
}

function policyOption(priority: Priority, given: RetryOption): RetryOption {
  if (typeof given === "string") return given;
  return record(`retry.${priority}`, given);
}

function slotsOf(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 1) return Number(value);
  throw badOption(option, value, "a whole number, 1 or more");
}

function changeOf(option: string, value: number | QueueCapacities): QueueChange {
  if (typeof value === "number") return { capacity: limitOf(option, value) };
  if (!isRecord(value)) throw badOption(option, value, `${WHOLE}, or such numbers by class`);
  refuseUnknownKeys(option, value, ["total", ...PRIORITIES]);
  const { total, ...given } = value;
  const capacities: Partial<Record<Priority, number>> = {};
  for (const priority of PRIORITIES) {
    const limit = given[priority];
    if (limit !== undefined) capacities[priority] = limitOf(`${option}.${priority}`, limit);
  }
  return { ...(total === undefined ? {} : { capacity: limitOf(`${option}.total`, total) }), capacities };
}

function limitOf(option: string, value: unknown): number {
  const fits = Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_CAPACITY;
  if (fits) return Number(value);
  throw badOption(option, value, WHOLE);
}

function positive(option: string, value: Duration): number {
  const ms = Math.round(durationMs(value, option));
  if (ms >= 1) return ms;
  throw badOption(option, value, "1 ms or more");
}

function record<T extends object>(option: string, value: T): T {
  if (isRecord(value)) return value;
  throw badOption(option, value, "an object of options");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
