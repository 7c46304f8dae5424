/** The verbs that look at dead letters: one by one, in groups of equal failures, and how many there are. */
import type { JobId } from "../model/ids.ts";
import type { JobRow } from "../model/job.ts";
import type { Page, PageOptions } from "./call.ts";

/** Which dead letters; every field given must match. */
export interface DeadFilter {
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** Dead letters of one queue and name that failed alike. */
export interface DeadGroup {
  readonly fingerprint: string;
  readonly name: string;
  readonly queue: string;
  readonly count: number;
  /** When the first and the last of them died. */
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** The last of them (of several that died at once, the largest id) with its records. */
  readonly sample: { readonly id: JobId; readonly records: string };
}

/** How many dead letters a queue has, and for how long. */
export interface DeadDepth {
  readonly queue: string;
  readonly count: number;
  /** When the oldest of them died, and how long ago that is on the store's clock. */
  readonly oldestAtMs: number;
  readonly oldestAgeMs: number;
}

/** The dead letters' part of the port. None of its verbs changes anything, nor reads what has ended otherwise. */
export interface DeadStore {
  /** Lists dead letters, those that died last first (then by id, largest first). */
  deadLetters(filter: DeadFilter, page: PageOptions): Promise<Page<JobRow>>;
  /** Lists groups, by fingerprint, name and queue (code-unit order of their UTF-8 bytes). */
  deadGroups(filter: DeadFilter, page: PageOptions): Promise<Page<DeadGroup>>;
  /** The queues that have dead letters, by name; of each no more than `atMost` are counted. */
  deadDepths(options: { readonly atMost: number }): Promise<readonly DeadDepth[]>;
}
