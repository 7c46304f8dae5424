/** The application's queue: processors by type, numbered priorities, plain words for states. */
import {
  defineJob,
  type HandlerContext,
  type JobDefinition,
  type Millrace,
  millrace,
  type Priority,
} from "millrace";

/** What each type of job takes and gives. */
export type JobTypes = Readonly<Record<string, { readonly data: unknown; readonly result: unknown }>>;
export type Status = "queued" | "processing" | "completed" | "failed" | "cancelled";

/** How a job is added; priority 0 is usual, 10 and more goes before all else. */
export interface AddOptions {
  readonly priority?: number;
  readonly delayMs?: number;
  /** Attempts in all. */
  readonly attempts?: number;
  readonly timeoutMs?: number;
}

/** Told of one type's jobs. */
export interface Callbacks<Result> {
  progress?(percent: number, id: string): void;
  completed?(result: Result, id: string): void;
  failed?(error: unknown, id: string): void;
}

type Processor<Type extends { data: unknown; result: unknown }> = (
  data: Type["data"],
  ctx: HandlerContext,
) => Promise<Type["result"]> | Type["result"];

const QUEUE = "application";
const RETRY = {
  maxAttempts: 3,
  backoff: "exponential",
  initial: "1s",
  multiplier: 2,
  max: "1m",
  jitter: "none",
} as const;
const WORDS: Readonly<Record<string, Status>> = {
  ...{
    scheduled: "queued",
    ready: "queued",
    retrying: "queued",
    running: "processing",
    waiting: "processing",
  },
  ...{ completed: "completed", dead: "failed", expired: "failed", cancelled: "cancelled" },
};

/** A typed queue of an application: jobs outlive it, and are worked on again wherever it is started. */
export class JobQueue<Types extends JobTypes> {
  readonly #definitions = new Map<string, JobDefinition>();
  readonly #options: { readonly store?: string; readonly concurrency?: number };
  #client: Millrace<readonly JobDefinition[]> | undefined;

  constructor(options: { readonly store?: string; readonly concurrency?: number } = {}) {
    this.#options = options;
  }

  /** Says what works on a type; to be called before `start`. */
  register<Name extends keyof Types & string>(
    type: Name,
    processor: Processor<Types[Name]>,
    { progress, completed, failed }: Callbacks<Types[Name]["result"]> = {},
  ): this {
    if (this.#client !== undefined) throw new Error(`register "${type}" before the queue is started`);
    const on = {
      progress: ({ percent }: { readonly percent: number | null }, { id }: { readonly id: string }) =>
        percent === null ? undefined : progress?.(percent, id),
      complete: (result: unknown, { id }: { readonly id: string }) => completed?.(result, id),
      error: (error: unknown, { id, willRetry }: { readonly id: string; readonly willRetry: boolean }) =>
        willRetry ? undefined : failed?.(error, id),
    };
    const definition = defineJob({ name: type, queue: QUEUE, retry: RETRY, run: processor, on });
    this.#definitions.set(type, definition as JobDefinition); // the class's own types stand for its input and result
    return this;
  }

  /** Opens the store and works on what is there. */
  async start(): Promise<this> {
    this.#client = millrace({ ...this.#store(), jobs: [...this.#definitions.values()] });
    await this.#client.open();
    // Nothing is claimed ahead of a free slot: what is added with a higher number overtakes all that has not begun.
    this.#client.worker({ concurrency: this.#options.concurrency ?? 5, buffer: 0 });
    return this;
  }

  /** Adds a job and gives its id, once it is kept. */
  async add<Name extends keyof Types & string>(
    type: Name,
    data: Types[Name]["data"],
    { priority = 0, delayMs, attempts, timeoutMs }: AddOptions = {},
  ): Promise<string> {
    const definition = this.#definitions.get(type);
    if (definition === undefined) throw new Error(`nothing is registered for jobs of type "${type}"`);
    const { id } = await this.#opened().enqueue(definition, data, {
      priority: classOf(priority),
      delay: delayMs,
      timeout: timeoutMs,
      ...(attempts === undefined ? {} : { maxAttempts: attempts }),
    });
    return id;
  }

  /** The job with its input, result, error, progress and attempts; `undefined` where there is none. */
  get(id: string) {
    return this.#opened().jobs.get(id);
  }

  async status(id: string): Promise<Status | undefined> {
    const state = await this.#opened().jobs.status(id);
    return state === undefined ? undefined : WORDS[state];
  }

  /** Its result, once it has completed. */
  async result<Name extends keyof Types & string>(_type: Name, id: string): Promise<Types[Name]["result"]> {
    const found = await this.get(id);
    if (found === undefined) throw new Error(`there is no job ${id}`);
    return this.#opened().handle(found.id).result();
  }

  /** Whether the job had not ended: one that runs is told to stop. */
  async cancel(id: string): Promise<boolean> {
    const answer = await this.#opened().jobs.cancel(id);
    return answer === "cancelled" || answer === "cancelling";
  }

  async stats(): Promise<Readonly<Record<Status, number>>> {
    const { queued, running, waiting, completed, dead, expired, cancelled } = await this.#opened().stats();
    return { queued, processing: running + waiting, completed, failed: dead + expired, cancelled };
  }

  /** Forgets what ended longer ago; gives how many. */
  async cleanUp(olderThanMs: number): Promise<number> {
    const { removed } = await this.#opened().cleanUp({ olderThan: olderThanMs });
    return removed;
  }

  /** Lets what runs finish, then closes the store. */
  async close(): Promise<void> {
    await this.#client?.close();
  }

  #store(): { store?: string } {
    return this.#options.store === undefined ? {} : { store: this.#options.store };
  }

  #opened(): Millrace<readonly JobDefinition[]> {
    if (this.#client === undefined) throw new Error("start the queue first");
    return this.#client;
  }
}

/** Five classes take the place of numbers. */
function classOf(priority: number): Priority {
  if (priority >= 10) return "critical";
  if (priority > 0) return "high";
  if (priority === 0) return "default";
  return priority > -10 ? "low" : "bulk";
}
