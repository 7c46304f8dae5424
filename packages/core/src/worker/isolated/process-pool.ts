/** The processes of a worker's isolated handlers: started before they are needed, used again, replaced when worn. */
import { type Isolation, isolationKey } from "../../job/isolation.ts";
import { ClassedError } from "../../model/errors.ts";
import { IsolatedProcess, type Performed, type PrintedLine, type ProcessTask } from "./isolated-process.ts";

/** What a {@link ProcessPool} works with. */
export interface ProcessPoolOptions {
  /** Most processes at once. */
  readonly limit: number;
  /** Of children whose definitions name none. */
  readonly maxRescues: number;
  /** Gives the path of their program. @throws MillraceError `not-found` */
  program(): string;
  onLine(line: PrintedLine): void;
  /** A process has ended between attempts, or before it had begun one. */
  onStray(error: unknown): void;
}

/** Processes tried one after the other for an attempt that none of them began. */
const MAX_TRIES = 3;
/** Part of its memory past which a process is replaced after an attempt. */
const WORN_AT = 0.75;
const BYTES_PER_MB = 1_048_576;
/** Of processes that have no attempt: nobody is to hear of it. */
const ENDED = new ClassedError(
  "crashed",
  "process-ended",
  "the worker has ended the process, which had nothing to do",
);

/** The caller performs no more attempts at once than there may be processes. */
export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #processes = new Set<IsolatedProcess>();
  /** Being looked into: it keeps its place until that is done. */
  #checked: IsolatedProcess | undefined;
  #isStopped = false;

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
  }

  /**
   * Starts a process, which is kept for later; one call at a time.
   * @throws MillraceError `bad-config` where its module has no such job.
   */
  async check(isolation: Isolation, name: string): Promise<void> {
    const process = this.#spare(isolation) ?? this.#spawn(isolation);
    this.#checked = process;
    try {
      await process.check(name);
    } catch (error) {
      if (!process.isBusy) void process.kill(error); // else it lacks this job, and has others
      throw error;
    } finally {
      this.#checked = undefined;
    }
  }

  /** Performs an attempt; one whose process ended before it began is tried in another. */
  async perform(isolation: Isolation, task: ProcessTask): Promise<Performed> {
    for (let tries = 1; ; tries += 1) {
      const process = this.#spare(isolation) ?? this.#spawn(isolation);
      const performing = process.perform(task);
      this.#provide(isolation);
      const performed = await performing;
      this.#release(process);
      const isLast =
        tries === MAX_TRIES || process.isAlive || task.stopReason !== undefined || this.#isStopped;
      if (performed.kind !== "unbegun" || isLast) return performed;
      this.#options.onStray(performed.error);
    }
  }

  /** Ends all processes; resolves when they are gone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#processes].map((process) => process.kill(ENDED)));
  }

  #spare(isolation: Isolation): IsolatedProcess | undefined {
    const key = isolationKey(isolation);
    return this.#find((each) => each.key === key);
  }

  /** One that has no attempt. */
  #find(fits: (process: IsolatedProcess) => boolean): IsolatedProcess | undefined {
    return [...this.#processes].find((each) => each.isAlive && !each.isBusy && fits(each));
  }

  /** One that waits for attempts of other handlers makes room. */
  #spawn(isolation: Isolation): IsolatedProcess {
    if (this.#alive >= this.#options.limit) void this.#find((each) => each !== this.#checked)?.kill(ENDED);
    const { program, maxRescues, onLine, onStray } = this.#options;
    const onGone = (error: unknown) => {
      this.#processes.delete(process);
      if (error !== undefined) onStray(error);
    };
    const process: IsolatedProcess = new IsolatedProcess({
      ...{ isolation, maxRescues, onLine, onGone },
      program: program(),
    });
    this.#processes.add(process);
    return process;
  }

  get #alive(): number {
    return [...this.#processes].filter((each) => each.isAlive).length;
  }

  /** Has a process ready for the next attempt, as long as that costs no other its place. */
  #provide(isolation: Isolation): void {
    if (this.#isStopped || this.#alive >= this.#options.limit) return;
    if (this.#spare(isolation) === undefined) this.#spawn(isolation);
  }

  #release(process: IsolatedProcess): void {
    const { isolation, residentBytes, served, isAlive } = process;
    const isWorn = served >= isolation.maxJobs || residentBytes > isolation.memoryMb * BYTES_PER_MB * WORN_AT;
    if (isAlive && (isWorn || this.#isStopped)) void process.kill(ENDED);
    if (!process.isAlive) this.#provide(isolation);
  }
}
