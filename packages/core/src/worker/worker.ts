/** A worker's life: started once, stopped once; everything else is done by its parts. */

import type { Registry } from "../job/registry.ts";
import type { TenantOptions } from "../job/tenants.ts";
import type { JobId } from "../model/ids.ts";
import { type RetentionOptions, retentionMs } from "../model/retention.ts";
import { type Logger, warningLogger } from "../runtime/logger.ts";
import { type Random, systemRandom } from "../runtime/random.ts";
import { backoffMs, guardOnError, type OnError } from "../runtime/service.ts";
import { type Cancel, sleep, systemTiming, type Timing } from "../runtime/timers.ts";
import { noTransactions } from "../store/no-transactions.ts";
import type { Store } from "../store/store.ts";
import { Doorman } from "./doorman.ts";
import { type WorkerOptions, type WorkerSettings, workerSettings } from "./options.ts";
import { assembleParts, type WorkerParts } from "./parts.ts";
import { shutDown } from "./shutdown.ts";

/** What a worker is built on. */
export interface WorkerPorts {
  readonly store: Store;
  readonly registry: Registry;
  /** Awaited before the first claim; called again after it failed. */
  open(): Promise<unknown>;
  /** Told of everything that goes wrong in the background. */
  readonly onError: OnError;
  /** Told of jobs whose settlements were applied. */
  onSettled?(ids: readonly JobId[]): void;
  /** Told when the worker has stopped. */
  onStopped?(worker: Worker): void;
  /** How long finished jobs are kept, as far as this worker sees to it. */
  readonly retention?: RetentionOptions | undefined;
  readonly timing?: Timing | undefined;
  readonly random?: Random | undefined;
  /** Everybody's jobs are run where left out. */
  readonly tenants?: TenantOptions | undefined;
  readonly logger?: Logger | undefined;
}

/** Runs jobs from `start` until `stop`. */
export class Worker {
  readonly #ports: WorkerPorts;
  readonly #onError: OnError;
  readonly #timing: Timing;
  readonly #settings: WorkerSettings;
  readonly #parts: WorkerParts;
  readonly #stopSignal = new AbortController();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #letGo: Cancel | undefined;
  #rush: () => void = () => undefined;

  /**
   * @throws MillraceError `bad-config` naming the option and its bad value; `unsupported` for a transactional job on a
   * store without transactions.
   */
  constructor(ports: WorkerPorts, options: WorkerOptions = {}) {
    refuseTransactional(ports);
    this.#settings = workerSettings(options);
    this.#ports = ports;
    this.#onError = guardOnError(ports.onError);
    this.#timing = ports.timing ?? systemTiming;
    const logger = ports.logger ?? warningLogger;
    this.#parts = assembleParts({
      store: ports.store,
      registry: ports.registry,
      timing: this.#timing,
      random: ports.random ?? systemRandom,
      onError: this.#onError,
      logger,
      settings: this.#settings,
      retention: retentionMs(ports.retention),
      doorman: ports.tenants && new Doorman(ports.tenants, logger),
      onSettled: (ids) => ports.onSettled?.(ids),
    });
  }

  /** Shown as the holder of this worker's jobs. */
  get name(): string {
    return this.#settings.name;
  }

  /** Jobs running now. */
  get running(): number {
    return this.#parts.runner.slots.running;
  }

  /**
   * Handlers that ignored their signal past the grace and have not ended yet. Their slots are taken by others, what they
   * write is fenced; but they still use memory, and whatever else they hold.
   */
  get stuck(): number {
    return this.#parts.runner.stuck;
  }

  /** Starts to open the store and to run jobs; the process stays alive until `stop`. Does nothing a second time. */
  start(): void {
    if (this.#stopping !== undefined) return;
    this.#letGo ??= this.#timing.hold();
    this.#starting ??= this.#begin();
  }

  /** There may be new jobs, at once or in so many ms: look then, without waiting for the next poll. */
  nudge(inMs = 0): void {
    this.#parts.claimer.nudge(inMs);
  }

  /**
   * Drains: claims nothing more, lets handlers finish, tells those that run past `drain` to stop, takes their slots
   * back past `grace`; what has not finished goes back as ready. A second call does not wait for handlers any more.
   */
  stop(): Promise<void> {
    if (this.#stopping === undefined) this.#stopping = this.#end();
    else this.#rush();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stopping ?? this.stop();
  }

  async #begin(): Promise<void> {
    if (!(await this.#opened())) return;
    for (const service of this.#parts.services) service.start();
    this.#parts.claimer.start();
  }

  /** Tries until it can be opened (`true`) or the worker is stopped. */
  async #opened(): Promise<boolean> {
    for (let failures = 1; !this.#stopSignal.signal.aborted; failures += 1) {
      try {
        await this.#ports.open();
        return !this.#stopSignal.signal.aborted;
      } catch (error) {
        this.#onError(error, "open");
        await sleep(this.#timing, backoffMs(failures), this.#stopSignal.signal);
      }
    }
    return false;
  }

  async #end(): Promise<void> {
    const rushed = new Promise<void>((resolve) => {
      this.#rush = resolve;
    });
    this.#stopSignal.abort();
    await this.#starting;
    const { claimer, runner, services } = this.#parts;
    this.#ports.registry.close();
    await shutDown({ claimer, runner, timing: this.#timing, drainMs: this.#settings.drainMs, rushed });
    for (const service of services.toReversed()) await service.stop();
    this.#letGo?.();
    this.#ports.onStopped?.(this);
  }
}

function refuseTransactional({ store, registry }: WorkerPorts): void {
  if (store.capabilities.transactions !== undefined) return;
  const name = registry.names.find((each) => registry.get(each)?.isTransactional === true);
  if (name !== undefined) throw noTransactions(`job "${name}" is transactional`);
}
