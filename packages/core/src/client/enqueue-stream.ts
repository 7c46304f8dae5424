/** Cuts a stream of jobs into bounded batches. */
import { MillraceError } from "../model/errors.ts";
import type { NewJob } from "../model/job.ts";

/** Most jobs of one store call. */
export const MAX_BATCH = 1_000;
/** Most characters of envelopes of one store call, but for a single larger job. */
export const MAX_WEIGHT = 4_194_304;

/** One batch is on its way while the next is gathered. */
export class EnqueueStream {
  readonly #send: (jobs: readonly NewJob[]) => Promise<void>;
  #batch: NewJob[] = [];
  #weight = 0;
  #enqueued = 0;
  #inFlight: Promise<void> = Promise.resolve();

  constructor(send: (jobs: readonly NewJob[]) => Promise<void>) {
    this.#send = send;
  }

  /** To be awaited where it gives a promise. */
  add(job: NewJob): Promise<void> | undefined {
    this.#batch.push(job);
    this.#weight += job.envelope.length;
    return this.#batch.length >= MAX_BATCH || this.#weight >= MAX_WEIGHT ? this.#flush() : undefined;
  }

  /** Sends the rest; gives the number of jobs accepted. */
  async end(): Promise<number> {
    if (this.#batch.length > 0) await this.#flush();
    await this.#inFlight;
    return this.#enqueued;
  }

  /** The error to throw: what went wrong, and how many jobs were accepted all the same. */
  async failed(cause: unknown): Promise<unknown> {
    await this.#inFlight.catch(() => undefined);
    if (!(cause instanceof MillraceError)) return cause;
    const details = { ...cause.details, enqueued: this.#enqueued };
    return new MillraceError(cause.code, `${cause.message} (after ${this.#enqueued} jobs)`, {
      cause,
      details,
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#weight = 0;
    await this.#inFlight;
    this.#inFlight = this.#send(batch).then(() => {
      this.#enqueued += batch.length;
    });
    this.#inFlight.catch(() => undefined); // met by the next flush or the end
  }
}
