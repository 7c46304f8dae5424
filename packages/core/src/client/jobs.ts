/** Reading jobs, and what people do to them. */
import type { JobId } from "../model/ids.ts";
import { isId } from "../model/ids.ts";
import type { JobState } from "../model/job.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import type { JobLogLevel, LogRow } from "../model/report.ts";
import type { Page } from "../store/call.ts";
import type { JobFilter } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";
import { type AttemptView, type JobRecord, jobRecord, type PolicyOf } from "./inspect.ts";
import type { JobControl } from "./job-control.ts";
import { type Instant, instantMs } from "./job-times.ts";

/** Which jobs to list, newest first: every field given must match. */
export interface JobListOptions
  extends Omit<JobFilter, "ids" | "createdFromMs" | "createdUntilMs" | "finishedUntilMs"> {
  /** Created then or later, on the store's clock. */
  readonly since?: Instant | undefined;
  /** Created then or before. */
  readonly until?: Instant | undefined;
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** Which lines of a log to give. */
export interface JobLogOptions {
  /** 1 to 1,000; 200 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** A line of a job's log. */
export interface JobLogLine {
  readonly generation: number;
  /** Counts the generation's lines from 1, also those dropped since: 1,000 are kept. */
  readonly seq: number;
  readonly at: string;
  readonly level: JobLogLevel;
  readonly line: string;
}

/** The jobs of a store. */
export interface Jobs extends JobControl {
  /** The job, live or finished; `undefined` where there is none. */
  get(id: string): Promise<JobRecord | undefined>;
  list(options?: JobListOptions): Promise<Page<JobRecord>>;
  /** The job's log, oldest line first; empty where there is no such job. */
  logs(id: string, options?: JobLogOptions): Promise<Page<JobLogLine>>;
  /** The job's state; `undefined` where there is none. */
  status(id: string): Promise<JobState | undefined>;
  /** The job's ended attempts in all its generations, oldest first; `undefined` where there is none. */
  history(id: string): Promise<readonly AttemptView[] | undefined>;
}

const KEYS: readonly (keyof JobListOptions)[] = [
  "states",
  "queue",
  "name",
  "tenant",
  "run",
  "parent",
  "priorities",
  "tags",
  "fingerprints",
  "since",
  "until",
  "limit",
  "after",
];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const LOG_KEYS: readonly (keyof JobLogOptions)[] = ["limit", "after"];
const DEFAULT_LINES = 200;
const MAX_LINES = 1_000;

/** What {@link jobsOf} works with. */
export interface JobsOptions {
  readonly store: Store;
  open(): Promise<unknown>;
  readonly policyOf: PolicyOf;
  readonly control: JobControl;
}

/** Reads through a store that `open` opens. */
export function jobsOf({ store, open, policyOf, control }: JobsOptions): Jobs {
  const get = async (id: string) => {
    if (!isId(id)) return undefined;
    await open();
    const { rows } = await store.find({ ids: [id as JobId] }, { limit: 1 }); // isId has looked
    return rows[0] === undefined ? undefined : jobRecord(rows[0], policyOf);
  };
  return Object.freeze({
    ...control,
    get,
    status: async (id: string) => (await get(id))?.state,
    history: async (id: string) => (await get(id))?.history,
    list: async (options: JobListOptions = {}) => {
      refuseUnknownKeys("jobs.list", options, KEYS);
      const { limit = DEFAULT_LIMIT, after, since, until, ...rest } = options;
      const filter = { ...rest, ...createdBetween(since, until) };
      checkLimit("jobs.list.limit", limit, MAX_LIMIT);
      await open();
      const { rows, next } = await store.find(filter, { limit, after });
      return { rows: rows.map((row) => jobRecord(row, policyOf)), next };
    },
    logs: async (id: string, options: JobLogOptions = {}) => {
      refuseUnknownKeys("jobs.logs", options, LOG_KEYS);
      const { limit = DEFAULT_LINES, after } = options;
      checkLimit("jobs.logs.limit", limit, MAX_LINES);
      if (!isId(id)) return { rows: [] };
      await open();
      const { rows, next } = await store.logs(id as JobId, { limit, after }); // isId has looked
      return { rows: rows.map(lineOf), next };
    },
  });
}

function createdBetween(
  since: Instant | undefined,
  until: Instant | undefined,
): Pick<JobFilter, "createdFromMs" | "createdUntilMs"> {
  return {
    ...(since === undefined ? {} : { createdFromMs: instantMs(since, "jobs.list.since") }),
    ...(until === undefined ? {} : { createdUntilMs: instantMs(until, "jobs.list.until") }),
  };
}

function checkLimit(option: string, limit: number, most: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > most)
    throw badOption(option, limit, `1 to ${most}`);
}

function lineOf({ generation, seq, atMs, level, line }: LogRow): JobLogLine {
  return { generation, seq, at: new Date(atMs).toISOString(), level, line };
}
