/** A worker's life: started once, stopped once; everything else is done by its parts. */

import { hostname } from "node:os";
import { isIsolatedProcess } from "../job/isolation.ts";
import { JOB_DEFAULTS, type JobDefaults } from "../job/job-defaults.ts";
import { LimitGate } from "../job/limit-gate.ts";
import type { Registry } from "../job/registry.ts";
import type { TenantOptions } from "../job/tenants.ts";
import { MillraceError } from "../model/errors.ts";
import { type JobId, newId, type WorkerId } from "../model/ids.ts";
import { PRIORITIES } from "../model/job.ts";
import { type RetentionOptions, retentionMs } from "../model/retention.ts";
import { VERSION } from "../model/version.ts";
import type { WorkerWord } from "../model/worker.ts";
import { type Logger, warningLogger } from "../runtime/logger.ts";
import { MemoryWatch } from "../runtime/memory-watch.ts";
import { type Random, systemRandom } from "../runtime/random.ts";
import { backoffMs, guardOnError, type LoopHealth, type OnError, type Service } from "../runtime/service.ts";
import { type Cancel, sleep, systemTiming, type Timing } from "../runtime/timers.ts";
import { noTransactions } from "../store/no-transactions.ts";
import type { Store } from "../store/store.ts";
import type { Ceiling } from "./ceiling.ts";
import { Doorman } from "./doorman.ts";
import { Presence } from "./maintenance/presence.ts";
import { type WorkerOptions, type WorkerSettings, workerSettings } from "./options.ts";
import { assembleParts, type WorkerParts } from "./parts.ts";
import { shutDown } from "./shutdown.ts";
import { type StorageOptions, storageSettings } from "./temp-folders.ts";

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
  /** Says that it is at work, for all workers of a client together; one of its own where left out. */
  readonly presence?: Presence | undefined;
  /** What is known of held limits, for all of a client together; one of its own where left out. */
  readonly gate?: LimitGate | undefined;
  /** Where handlers have folders for their attempts. */
  readonly storage?: StorageOptions | undefined;
  /** What the program says of jobs that say nothing themselves. */
  readonly defaults?: JobDefaults | undefined;
  /** Of this process; one of its own where left out. */
  readonly memory?: MemoryWatch | undefined;
  /** Shared with the program's other workers. */
  readonly ceiling?: Ceiling | undefined;
  /** Most jobs at once of queues for which the options name none. */
  readonly queueLimits?: ReadonlyMap<string, number> | undefined;
}

/** Runs jobs from `start` until `stop`. */
export class Worker {
  readonly #ports: WorkerPorts;
  readonly #onError: OnError;
  readonly #timing: Timing;
  readonly #settings: WorkerSettings;
  readonly #parts: WorkerParts;
  readonly #presence: Presence;
  readonly #id = newId<WorkerId>();
  readonly #stopSignal = new AbortController();
  #startedAtMs = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #letGo: Cancel | undefined;
  #rush: () => void = () => undefined;

  /**
   * @throws MillraceError `bad-config` naming the option and its bad value; `unsupported` for a transactional job on a
   * store without transactions; `bad-usage` in a process of an isolated job.
   */
  constructor(ports: WorkerPorts, options: WorkerOptions = {}) {
    refuseIsolated();
    refuseTransactional(ports);
    this.#settings = workerSettings(options, ports.queueLimits);
    this.#ports = ports;
    this.#onError = guardOnError(ports.onError);
    this.#timing = ports.timing ?? systemTiming;
    const { store, logger = warningLogger } = ports;
    const about = { store, timing: this.#timing, onError: this.#onError };
    this.#presence = ports.presence ?? new Presence(about);
    this.#parts = assembleParts({
      store,
      registry: ports.registry,
      timing: this.#timing,
      random: ports.random ?? systemRandom,
      onError: this.#onError,
      logger,
      settings: this.#settings,
      retention: retentionMs(ports.retention),
      doorman: ports.tenants && new Doorman(ports.tenants, logger),
      storage: storageSettings(ports.storage),
      defaults: ports.defaults ?? JOB_DEFAULTS,
      ceiling: ports.ceiling,
      gate: ports.gate ?? new LimitGate(about),
      memory: ports.memory ?? new MemoryWatch({ nowMs: () => this.#timing.now() }),
      onSettled: (ids) => ports.onSettled?.(ids),
      onRunnable: () => this.#presence.nudge(),
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

  /** How the worker's loops do; none before the store is open. One that is in a pass for long waits for the store. */
  get loops(): readonly LoopHealth[] {
    const { claimer, services } = this.#parts;
    return [claimer, ...services].flatMap(({ health = [] }: Service) => health);
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
    this.#startedAtMs = this.#timing.now();
    this.#presence.join({ id: this.#id, word: () => this.#word() });
  }

  #word(): WorkerWord {
    const { name, queues, priorities = PRIORITIES, lends } = this.#settings;
    const { registry } = this.#ports;
    return {
      id: this.#id,
      name,
      host: hostname(),
      pid: process.pid,
      version: VERSION,
      upMs: Math.round(this.#timing.now() - this.#startedAtMs),
      queues: queues ?? registry.queues,
      names: this.#parts.places.runnable,
      priorities: lends ? PRIORITIES : priorities,
      concurrency: this.#parts.runner.slots.limit,
      running: this.running,
      draining: this.#stopping !== undefined,
    };
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
    this.#presence.nudge();
    await shutDown({ claimer, runner, timing: this.#timing, drainMs: this.#settings.drainMs, rushed });
    this.#ports.registry.close();
    for (const service of services.toReversed()) await service.stop();
    await this.#presence.leave(this.#id);
    this.#letGo?.();
    this.#ports.onStopped?.(this);
  }
}

/** A module that starts a worker when it is loaded would start processes without end. */
function refuseIsolated(): void {
  if (!isIsolatedProcess()) return;
  throw new MillraceError(
    "bad-usage",
    "a worker is started in the process of an isolated job: keep what starts workers out of the modules that isolated jobs name",
  );
}

function refuseTransactional({ store, registry }: WorkerPorts): void {
  if (store.capabilities.transactions !== undefined) return;
  const name = registry.names.find((each) => registry.get(each)?.isTransactional === true);
  if (name !== undefined) throw noTransactions(`job "${name}" is transactional`);
}
