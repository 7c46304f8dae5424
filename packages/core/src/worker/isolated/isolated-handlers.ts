/** What a worker has for isolated handlers: their processes, and who of them can be run. */
import type { Isolation } from "../../job/isolation.ts";
import type { Limits } from "../../job/limits.ts";
import type { Registry } from "../../job/registry.ts";
import { messageOf } from "../../model/message-of.ts";
import type { Logger } from "../../runtime/logger.ts";
import { Loop, type LoopHealth, type OnError, type Service } from "../../runtime/service.ts";
import type { Timing } from "../../runtime/timers.ts";
import type { Store } from "../../store/store.ts";
import type { Attempt } from "../attempt.ts";
import type { AttemptFolders } from "../attempt-folder.ts";
import { IsolatedAttempt } from "./isolated-attempt.ts";
import type { PrintedLine } from "./isolated-process.ts";
import { ProcessPool } from "./process-pool.ts";
import { processProgram } from "./process-program.ts";

/** What {@link IsolatedHandlers} work with. */
export interface IsolatedHandlersOptions {
  readonly registry: Registry;
  readonly store: Pick<Store, "find">;
  readonly limits: Limits;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly logger: Logger;
  /** Most processes at once. */
  readonly processes: number;
  /** Of children whose definitions name none. */
  readonly maxRescues: number;
  readonly tempFolders: AttemptFolders;
  /** Jobs of further handlers can be run. */
  onReady(): void;
}

/** Rest after modules were found unfit, doubled up to the longest while that goes on. */
const FIRST_REST_MS = 1_000;
const MAX_REST_MS = 60_000;

/** Looks into each handler's module before the first of its jobs is claimed. */
export class IsolatedHandlers implements Service {
  readonly #options: IsolatedHandlersOptions;
  readonly #pool: ProcessPool;
  readonly #loop: Loop;
  readonly #ready = new Set<string>();
  /** Looked into at least once. */
  readonly #seen = new Set<string>();
  #restMs = FIRST_REST_MS;
  #isStopped = false;

  constructor(options: IsolatedHandlersOptions) {
    const { timing, onError, logger, processes, maxRescues } = options;
    this.#options = options;
    this.#pool = new ProcessPool({
      limit: processes,
      maxRescues,
      program: processProgram,
      onLine: (line) => passOn(logger, line),
      onStray: (error) =>
        logger.warn(`an isolated process ended between attempts: ${messageOf(error)}`, { error }),
    });
    this.#loop = new Loop({ name: "isolate", timing, onError, pass: () => this.#lookInto() });
  }

  get health(): readonly LoopHealth[] {
    return this.#loop.health;
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#pool.stop(), this.#loop.stop()]);
  }

  /** Whether the handler's module has been found to export it; else that is looked into. */
  isReady(name: string): boolean {
    if (!this.#seen.has(name)) this.#loop.nudge();
    return this.#ready.has(name);
  }

  /** Runs the handler of an attempt in a process: gives what it returned, throws what it threw. */
  async run(attempt: Attempt, isolation: Isolation, onBegun: () => void): Promise<unknown> {
    const { store, tempFolders, limits } = this.#options;
    const task = new IsolatedAttempt({ attempt, store, tempFolders, limits, onBegun });
    return task.conclude(await this.#pool.perform(isolation, task));
  }

  async #lookInto(): Promise<number> {
    const { registry, onReady } = this.#options;
    const known = this.#ready.size;
    const handlers = registry.isolated.filter(({ name }) => !this.#ready.has(name));
    for (const { name, isolation } of handlers) await this.#check(name, isolation);
    if (this.#ready.size > known) onReady();
    if (this.#ready.size === registry.isolated.length) return Number.POSITIVE_INFINITY;
    const restMs = this.#restMs;
    this.#restMs = Math.min(restMs * 2, MAX_REST_MS);
    return restMs;
  }

  async #check(name: string, isolation: Isolation): Promise<void> {
    if (this.#isStopped) return;
    this.#seen.add(name);
    try {
      await this.#pool.check(isolation, name);
      this.#ready.add(name);
    } catch (error) {
      if (!this.#isStopped) this.#options.onError(error, "isolate");
    }
  }
}

/** The worker's own output is not theirs to write to. */
function passOn(logger: Logger, { stream, line, pid, job }: PrintedLine): void {
  const from = job === undefined ? `isolated process ${pid}` : `isolated job ${job.id} (${job.name})`;
  const level = stream === "stdout" ? "info" : "warn";
  logger[level](`${from}: ${line}`, { stream, pid, job: job?.id });
}
