/** Gets jobs into the store: single ones in shared calls, many as a stream of bounded batches. */

import { refuseInside } from "../job/inside-transaction.ts";
import type { JobDefaults } from "../job/job-defaults.ts";
import type { NewJob } from "../model/job.ts";
import { GroupCommit } from "../runtime/group-commit.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Accepted } from "../store/job-store.ts";
import type { Store } from "../store/store.ts";
import type { JobDefinition } from "./define-job.ts";
import { type EnqueuedMany, EnqueueStream, MAX_BATCH, MAX_WEIGHT } from "./enqueue-stream.ts";
import { type Enqueued, enqueued } from "./enqueued.ts";
import { keysOf } from "./job-keys.ts";
import { type EnqueueOptions, type JobTemplate, jobTemplate, newJob } from "./new-job.ts";
import { sendingAgain } from "./sending-again.ts";
import { checkInput } from "./validate.ts";

/** How long the caller's transaction may take to commit before local workers look; past it they find the job by poll. */
const COMMIT_MS = 50;
/** What an {@link Enqueuer} works with. */
export interface EnqueuerOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly defaults: JobDefaults;
  /** Awaited before each call. */
  open(): Promise<unknown>;
  /** Told when jobs were accepted that are due in so many ms. */
  onAccepted(dueInMs: number): void;
}

/** Options of many enqueues: keys may differ by input. */
export interface EnqueueManyOptions<Input = unknown> extends Omit<EnqueueOptions, "key" | "orderingKey"> {
  readonly key?: string | ((input: Input) => string) | undefined;
  readonly orderingKey?: string | ((input: Input) => string) | undefined;
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
   * @throws MillraceError `bad-input`, `bad-config`, `not-serialisable`, `too-large`, `duplicate` in mode `reject`,
   * `queue-full`, `bad-usage` inside a transaction of an embedded store that it does not join, or what the store throws.
   */
  async enqueue(definition: JobDefinition, input: unknown, options: EnqueueOptions = {}): Promise<Enqueued> {
    const template = jobTemplate(definition, options, this.#options.defaults);
    await checkInput(definition.name, definition.input, input);
    const job = newJob(template, input);
    const { transaction } = options;
    if (transaction === undefined) refuseInside();
    const accepted =
      transaction === undefined ? await this.#group.add(job) : (await this.#sendIn(transaction, [job]))[0];
    return enqueued(job, accepted, options);
  }

  /**
   * Enqueues one job per input, reading no further ahead than a batch. Duplicates and refused jobs are counted.
   * @throws as `enqueue` otherwise; `details.enqueued` says how many jobs were accepted before.
   */
  async enqueueMany(
    definition: JobDefinition,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    options: EnqueueManyOptions = {},
  ): Promise<EnqueuedMany> {
    if (options.transaction === undefined) refuseInside();
    const templateOf = templates(definition, options, this.#options.defaults);
    const stream = new EnqueueStream({
      send: (jobs) => this.#sendMany(jobs, options),
      isOrdered: options.transaction !== undefined || options.orderingKey !== undefined,
    });
    try {
      for await (const input of inputs) {
        const checking = checkInput(definition.name, definition.input, input);
        if (checking !== undefined) await checking;
        const sending = stream.add(newJob(templateOf(input), input));
        if (sending !== undefined) await sending;
      }
      return await stream.end();
    } catch (error) {
      throw await stream.failed(error);
    }
  }

  #sendMany(jobs: readonly NewJob[], { transaction }: EnqueueManyOptions): Promise<readonly Accepted[]> {
    return transaction === undefined ? this.#send(jobs) : this.#sendIn(transaction, jobs);
  }

  /** No second try: trouble inside a transaction ends the transaction. */
  async #sendIn(
    transaction: EnqueueOptions["transaction"],
    jobs: readonly NewJob[],
  ): Promise<readonly Accepted[]> {
    await this.#options.open();
    const accepted = await this.#options.store.enqueue(jobs, { transaction });
    this.#options.onAccepted(earliest(jobs, this.#options.timing) + COMMIT_MS);
    return accepted;
  }

  async #send(jobs: readonly NewJob[]): Promise<readonly Accepted[]> {
    const { store, timing, open, onAccepted } = this.#options;
    await open();
    const accepted = await sendingAgain(timing, (isResend) =>
      store.enqueue(jobs, isResend ? { resend: true } : {}),
    );
    onAccepted(earliest(jobs, timing));
    return accepted;
  }
}

/** In how many ms the first of these jobs is due. Of a `runAt` this machine can only guess: a wrong hint costs a poll. */
function earliest(jobs: readonly NewJob[], timing: Timing): number {
  let dueInMs = Number.POSITIVE_INFINITY;
  for (const { delayMs, runAtMs } of jobs) {
    const inMs = runAtMs === undefined ? delayMs : Math.max(0, runAtMs - timing.wallMs());
    if (inMs < dueInMs) dueInMs = inMs;
  }
  return dueInMs;
}

/** The template of each input: one for all, unless keys depend on them. */
function templates(
  definition: JobDefinition,
  { key, orderingKey, ...rest }: EnqueueManyOptions,
  defaults: JobDefaults,
): (input: unknown) => JobTemplate {
  if (typeof key !== "function" && typeof orderingKey !== "function") {
    const template = jobTemplate(definition, { ...rest, key, orderingKey }, defaults);
    return () => template;
  }
  const keyOf = typeof key === "function" ? key : () => key;
  const orderingKeyOf = typeof orderingKey === "function" ? orderingKey : () => orderingKey;
  const template = jobTemplate(definition, { ...rest, ...NO_KEY_TERMS }, defaults);
  return (input) => {
    const keys = { ...rest, key: keyOf(input), orderingKey: orderingKeyOf(input) };
    return { ...template, row: { ...template.row, ...keysOf(keys, template.row) } };
  };
}

/** Terms of keys are checked with each key: without one they are refused. */
const NO_KEY_TERMS = { scope: undefined, mode: undefined, while: undefined, keepFor: undefined };
