/** Gets jobs into the store: single ones in shared calls, many as a stream of bounded batches. */

import type { JobId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import { GroupCommit } from "../runtime/group-commit.ts";
import { backoffMs } from "../runtime/service.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import type { Accepted } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";
import { troubleOf } from "../store/transient.ts";
import type { JobDefinition } from "./define-job.ts";
import { EnqueueStream, MAX_BATCH, MAX_WEIGHT } from "./enqueue-stream.ts";
import { type EnqueueOptions, jobTemplate, newJob } from "./new-job.ts";
import { checkInput } from "./validate.ts";

/** How long the caller's transaction may take to commit before local workers look; past it they find the job by poll. */
const COMMIT_MS = 50;
/** Times a call is sent before its trouble is the caller's. */
const MAX_SENDS = 3;

/** What an {@link Enqueuer} works with. */
export interface EnqueuerOptions {
  readonly store: Store;
  readonly timing: Timing;
  /** Awaited before each call. */
  open(): Promise<unknown>;
  /** Told when jobs were accepted that are due in so many ms. */
  onAccepted(dueInMs: number): void;
}

/** What {@link Enqueuer.enqueueMany} did. */
export interface EnqueuedMany {
  readonly enqueued: number;
}

/** The client's way into the store. */
export class Enqueuer {
  readonly #options: EnqueuerOptions;
  readonly #group: GroupCommit<NewJob, Accepted>;

  constructor(options: EnqueuerOptions) {
    this.#options = options;
    this.#group = new GroupCommit({
      send: (jobs) => this.#send(jobs),
      maxItems: MAX_BATCH,
      weigh: (job) => job.envelope.length,
      maxWeight: MAX_WEIGHT,
    });
  }

  /**
   * Enqueues one job; concurrent calls share a store call. After trouble the call is sent again under the same ids.
   * @throws MillraceError `bad-input`, `bad-config`, `not-serialisable`, `too-large`, or what the store throws.
   */
  async enqueue(definition: JobDefinition, input: unknown, options: EnqueueOptions = {}): Promise<JobId> {
    const template = jobTemplate(definition, options);
    await checkInput(definition.name, definition.input, input);
    const job = newJob(template, input);
    if (options.transaction === undefined) await this.#group.add(job);
    else await this.#sendIn(options.transaction, [job]);
    return job.id;
  }

  /**
   * Enqueues one job per input, reading no further ahead than a batch.
   * @throws as `enqueue`; `details.enqueued` says how many jobs were accepted before.
   */
  async enqueueMany(
    definition: JobDefinition,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    options: EnqueueOptions = {},
  ): Promise<EnqueuedMany> {
    const template = jobTemplate(definition, options);
    const stream = new EnqueueStream((jobs) => this.#sendMany(jobs, options));
    try {
      for await (const input of inputs) {
        const checking = checkInput(definition.name, definition.input, input);
        if (checking !== undefined) await checking;
        const sending = stream.add(newJob(template, input));
        if (sending !== undefined) await sending;
      }
      return { enqueued: await stream.end() };
    } catch (error) {
      throw await stream.failed(error);
    }
  }

  async #sendMany(jobs: readonly NewJob[], { transaction }: EnqueueOptions): Promise<void> {
    if (transaction === undefined) await this.#send(jobs);
    else await this.#sendIn(transaction, jobs);
  }

  /** No second try: trouble inside a transaction ends the transaction. */
  async #sendIn(transaction: EnqueueOptions["transaction"], jobs: readonly NewJob[]): Promise<void> {
    await this.#options.open();
    await this.#options.store.enqueue(jobs, { transaction });
    this.#options.onAccepted(earliest(jobs) + COMMIT_MS);
  }

  async #send(jobs: readonly NewJob[]): Promise<readonly Accepted[]> {
    const { store, timing, open, onAccepted } = this.#options;
    await open();
    for (let sends = 1; ; sends += 1) {
      try {
        const accepted = await store.enqueue(jobs, sends > 1 ? { resend: true } : {});
        onAccepted(earliest(jobs));
        return accepted;
      } catch (error) {
        if (sends === MAX_SENDS || troubleOf(error) === "hopeless") throw error;
        const letGo = timing.hold();
        await sleep(timing, backoffMs(sends));
        letGo();
      }
    }
  }
}

function earliest(jobs: readonly NewJob[]): number {
  let delayMs = Number.POSITIVE_INFINITY;
  for (const job of jobs) if (job.delayMs < delayMs) delayMs = job.delayMs;
  return delayMs;
}
