/** Dead letters in the hands of people: looked at without being touched, replayed, discarded. */
import { decodeAttempts } from "../model/attempt.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { ErrorClass } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import type { Page } from "../store/call.ts";
import type { DeleteAnswer, RetryAnswer } from "../store/control-store.ts";
import type { DeadFilter, DeadGroup } from "../store/dead-store.ts";
import type { Store } from "../store/store.ts";
import type { JobRecord } from "./inspect.ts";
import { jobRecord, type PolicyOf } from "./inspect.ts";
import type { Jobs } from "./jobs.ts";
import type { OperationOptions, ReplayOptions } from "./new-operation.ts";
import type { OperationHandle, Operations } from "./operations.ts";

/** Which dead letters to list: every field given must match. */
export interface DeadListOptions extends DeadFilter {
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** Dead letters of one queue and name that failed alike. */
export interface DeadGroupRecord {
  readonly fingerprint: string;
  readonly name: string;
  readonly queue: string;
  readonly count: number;
  /** When the first and the last of them died. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** Of the last of them; `null` where its records do not say. */
  readonly errorClass: ErrorClass | null;
  readonly message: string | null;
  readonly sample: JobId;
}

/** How many dead letters a queue has. */
export interface DeadDepthRecord {
  readonly queue: string;
  readonly count: number;
  readonly oldestAt: string;
  /** How long ago that was on the store's clock. */
  readonly oldestAgeMs: number;
}

/** Which dead letters to replay or discard. */
export interface DeadSelection extends DeadFilter {
  /** At most 1,000. */
  readonly ids?: readonly JobId[] | undefined;
}

/** The dead letters of a store. */
export interface DeadLetters {
  /** Lists them, those that died last first. */
  list(options?: DeadListOptions): Promise<Page<JobRecord>>;
  /** Lists groups of equal failures, by fingerprint, name and queue. */
  groups(options?: DeadListOptions): Promise<Page<DeadGroupRecord>>;
  /** The dead letter, which stays one; `undefined` where there is none of this id. */
  get(id: string): Promise<JobRecord | undefined>;
  /** The queues that have any: how many, and for how long. What it costs grows with the dead letters there are. */
  depths(): Promise<readonly DeadDepthRecord[]>;
  /** How many a replay or discard would be for: exact, and nothing is changed. */
  count(filter: DeadSelection): Promise<number>;
  /** Has one run again at once, as its next generation; `not-found` where it is no dead letter. */
  replay(id: string, note?: ControlNote): Promise<RetryAnswer>;
  /** Has all of them run again that the filter fits, as an operation that workers take further. */
  replay(filter: DeadSelection, options?: ReplayOptions): Promise<OperationHandle>;
  /** Forgets one for good; `not-found` where it is no dead letter. */
  discard(id: string): Promise<DeleteAnswer>;
  /** Forgets all of them for good that the filter fits, as an operation that workers take further. */
  discard(filter: DeadSelection, options?: OperationOptions): Promise<OperationHandle>;
}

/** What {@link deadLettersOf} works with. */
export interface DeadLettersPorts {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly operations: Operations;
  readonly policyOf: PolicyOf;
  open(): Promise<unknown>;
}

const FILTER_KEYS: readonly (keyof DeadFilter)[] = ["queue", "name", "tenant", "fingerprint"];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Works through a store that `open` opens. */
export function deadLettersOf(ports: DeadLettersPorts): DeadLetters {
  const { store, jobs, operations, policyOf, open } = ports;
  const get = async (id: string) => {
    const job = await jobs.get(id);
    return job?.state === "dead" ? job : undefined;
  };
  const replay = async (which: string | DeadSelection, options?: ControlNote | ReplayOptions) => {
    if (typeof which !== "string")
      return operations.start({ action: "retry", ...options, filter: dead(which) });
    return (await get(which)) === undefined ? "not-found" : jobs.retry(which, options);
  };
  const discard = async (which: string | DeadSelection, options?: OperationOptions) => {
    if (typeof which !== "string")
      return operations.start({ action: "delete", ...options, filter: dead(which) });
    return (await get(which)) === undefined ? "not-found" : jobs.delete(which);
  };
  return Object.freeze({
    get,
    list: async (options: DeadListOptions = {}) => {
      const { filter, page } = listing("dead.list", options);
      await open();
      const { rows, next } = await store.deadLetters(filter, page);
      return { rows: rows.map((row) => jobRecord(row, policyOf)), next };
    },
    groups: async (options: DeadListOptions = {}) => {
      const { filter, page } = listing("dead.groups", options);
      await open();
      const { rows, next } = await store.deadGroups(filter, page);
      return { rows: rows.map(deadGroupRecord), next };
    },
    depths: async () => {
      await open();
      const depths = await store.deadDepths({ atMost: Number.MAX_SAFE_INTEGER });
      return depths.map(({ oldestAtMs, ...depth }) => ({
        ...depth,
        oldestAt: new Date(oldestAtMs).toISOString(),
      }));
    },
    count: (filter: DeadSelection) => operations.count({ action: "retry", filter: dead(filter) }),
    replay: replay as DeadLetters["replay"], // an id gives an answer, a filter a handle
    discard: discard as DeadLetters["discard"],
  });
}

/** Makes a group readable: its sample's last record says how it failed. */
export function deadGroupRecord({ firstAtMs, lastAtMs, sample, ...group }: DeadGroup): DeadGroupRecord {
  const error = decodeAttempts(sample.records).at(-1)?.error;
  return {
    ...group,
    firstAt: new Date(firstAtMs).toISOString(),
    lastAt: new Date(lastAtMs).toISOString(),
    errorClass: error?.class ?? null,
    message: error?.message ?? null,
    sample: sample.id,
  };
}

/** @throws MillraceError `bad-config` for a filter of anything but dead letters. */
function dead(filter: DeadSelection): DeadSelection & { readonly states: readonly ["dead"] } {
  refuseUnknownKeys("dead filter", filter, [...FILTER_KEYS, "ids"]);
  return { ...filter, states: ["dead"] };
}

function listing(what: string, options: DeadListOptions) {
  refuseUnknownKeys(what, options, [...FILTER_KEYS, "limit", "after"]);
  const { limit = DEFAULT_LIMIT, after, ...filter } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw badOption(`${what}.limit`, limit, `1 to ${MAX_LIMIT}`);
  return { filter, page: { limit, after } };
}
