/** Cuts a stream of jobs into bounded batches. */
import { MillraceError } from "../model/errors.ts";
import type { NewJob } from "../model/job.ts";
import type { Accepted } from "../store/job-store.ts";

/** Most jobs of one store call. */
export const MAX_BATCH = 1_000;
/** Most characters of envelopes of one store call, but for a single larger job. */
export const MAX_WEIGHT = 4_194_304;

/** What became of many jobs. */
export interface EnqueuedMany {
  /** Now in the store. */
  readonly enqueued: number;
  /** Left out: another job holds the key. */
  readonly duplicates: number;
  /** Whose work a queued job with the same key does now. */
  readonly replaced: number;
  /** Left out: the queue is full. */
  readonly refused: number;
}

/** Batches on their way at once, where none of them minds which is first. */
const MAX_IN_FLIGHT = 2;

/** How an {@link EnqueueStream} sends. */
export interface EnqueueStreamOptions {
  send(jobs: readonly NewJob[]): Promise<readonly Accepted[]>;
  /** Whether each batch waits for the one before. Of batches with a unique key in common the later one does anyway. */
  readonly isOrdered: boolean;
}

/** A batch on its way. */
interface Sending {
  readonly keys: ReadonlySet<string>;
  readonly ended: Promise<void>;
}

/** Batches are on their way while the next is gathered. */
export class EnqueueStream {
  readonly #options: EnqueueStreamOptions;
  #batch: NewJob[] = [];
  #weight = 0;
  #counts: EnqueuedMany = { enqueued: 0, duplicates: 0, replaced: 0, refused: 0 };
  /** Oldest first. */
  readonly #inFlight: Sending[] = [];

  constructor(options: EnqueueStreamOptions) {
    this.#options = options;
  }

  /** To be awaited where it gives a promise. */
  add(job: NewJob): Promise<void> | undefined {
    this.#batch.push(job);
    this.#weight += job.envelope.length;
    return this.#batch.length >= MAX_BATCH || this.#weight >= MAX_WEIGHT ? this.#flush() : undefined;
  }

  /** Sends the rest; gives what became of all jobs. */
  async end(): Promise<EnqueuedMany> {
    if (this.#batch.length > 0) await this.#flush();
    await Promise.all(this.#inFlight.map(({ ended }) => ended));
    return this.#counts;
  }

  /** The error to throw: what went wrong, and how many jobs were accepted all the same. */
  async failed(cause: unknown): Promise<unknown> {
    await Promise.allSettled(this.#inFlight.map(({ ended }) => ended));
    if (!(cause instanceof MillraceError)) return cause;
    const details = { ...cause.details, ...this.#counts };
    return new MillraceError(cause.code, `${cause.message} (after ${this.#counts.enqueued} jobs)`, {
      cause,
      details,
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#weight = 0;
    const keys = new Set(batch.flatMap(({ unique }) => unique?.key ?? []));
    while (this.#mustWait(keys)) await this.#inFlight.shift()?.ended;
    const ended = this.#options.send(batch).then((accepted) => {
      this.#counts = added(this.#counts, accepted);
    });
    ended.catch(() => undefined); // met by a later flush or the end
    this.#inFlight.push({ keys, ended });
  }

  /** Of jobs with one key the first or the last counts, so these go in order. */
  #mustWait(keys: ReadonlySet<string>): boolean {
    if (this.#inFlight.length >= (this.#options.isOrdered ? 1 : MAX_IN_FLIGHT)) return true;
    const wanted = [...keys];
    return this.#inFlight.some((sending) => wanted.some((key) => sending.keys.has(key)));
  }
}

const COUNTED = {
  created: "enqueued",
  exists: "enqueued", // sent again after trouble
  duplicate: "duplicates",
  replaced: "replaced",
  "queue-full": "refused",
} as const satisfies Readonly<Record<Accepted["result"], keyof EnqueuedMany>>;

function added(counts: EnqueuedMany, accepted: readonly Accepted[]): EnqueuedMany {
  const sums = { ...counts };
  for (const { result } of accepted) sums[COUNTED[result]] += 1;
  return sums;
}
