/** Puts a worker's parts together; none of them knows more of another than it needs. */

import type { JobDefaults } from "../job/job-defaults.ts";
import type { LimitGate } from "../job/limit-gate.ts";
import { limitsOn } from "../job/limits.ts";
import type { Registry } from "../job/registry.ts";
import type { JobId } from "../model/ids.ts";
import type { RetentionMs } from "../model/retention.ts";
import type { Logger } from "../runtime/logger.ts";
import type { MemoryWatch } from "../runtime/memory-watch.ts";
import type { Random } from "../runtime/random.ts";
import type { OnError, Service } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";
import { Callbacks } from "./callbacks.ts";
import { cancelWatcher } from "./cancel-watcher.ts";
import type { Ceiling } from "./ceiling.ts";
import { ClaimPlan } from "./claim-plan.ts";
import { Claimer, type ClaimerOptions } from "./claimer.ts";
import type { Doorman } from "./doorman.ts";
import { Executor } from "./executor.ts";
import type { ExecutorOptions } from "./executor-options.ts";
import { IdleSignals } from "./idle-signals.ts";
import { IsolatedHandlers } from "./isolated/isolated-handlers.ts";
import { ProcessPlaces } from "./isolated/process-places.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { sweepsOf } from "./maintenance/sweeps.ts";
import { memoryLoop } from "./memory-loop.ts";
import type { WorkerSettings } from "./options.ts";
import { Pace } from "./pace.ts";
import { Runner } from "./runner.ts";
import { Saver } from "./saver.ts";
import { Settler, type SettlerOptions } from "./settler.ts";
import { slotGrowth } from "./slot-growth.ts";
import { Slots } from "./slots.ts";
import { type StorageSettings, TempFolders } from "./temp-folders.ts";

/** What the parts are built on. */
export interface PartsOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly timing: Timing;
  readonly random: Random;
  readonly onError: OnError;
  readonly logger: Logger;
  readonly settings: WorkerSettings;
  readonly retention: RetentionMs;
  readonly defaults: JobDefaults;
  readonly storage: StorageSettings;
  readonly doorman: Doorman | undefined;
  readonly gate: LimitGate;
  /** Shared by the program's workers, where it has a most of its own. */
  readonly ceiling: Ceiling | undefined;
  readonly memory: MemoryWatch;
  onSettled(ids: readonly JobId[]): void;
  /** Jobs of further names can be run. */
  onRunnable(): void;
}

/** What a worker starts and stops. */
export interface WorkerParts {
  readonly claimer: Claimer;
  readonly runner: Runner;
  /** Knows which jobs can be run. */
  readonly places: Pick<ProcessPlaces, "runnable">;
  /** In starting order; stopped in the reverse. */
  readonly services: readonly Service[];
}

/** Builds the parts; nothing runs yet. */
export function assembleParts(options: PartsOptions): WorkerParts {
  const { store, settings, timing, onError } = options;
  const keeper = new LeaseKeeper({ store, timing, onError, ...leaseSettings(settings) });
  const tempFolders = new TempFolders({ ...options.storage, timing, onError });
  const isolation = newIsolation(options, tempFolders, () => {
    claimer.nudge();
    options.onRunnable();
  });
  const runner: Runner = newRunner(
    { ...options, ...isolation },
    { keeper, tempFolders },
    {
      onFreed: () => claimer.freed(),
      onReady: (inMs) => claimer.nudge(inMs),
      onSuspectEnded: () => claimer.nudgeSuspects(true),
    },
  );
  const signals = new IdleSignals({
    store,
    timing,
    onError,
    worker: settings.name,
    leaseMs: settings.leaseMs,
    onWake: () => claimer.nudge(),
    onOffer: (batch) => claimer.offered(batch),
  });
  const claimer: Claimer = newClaimer({ ...options, ...isolation }, runner, {
    becameIdle: (openings) => signals.becameIdle(openings),
    becameBusy: () => signals.becameBusy(),
  });
  const sweeps = sweepsOf(options, {
    onReady: () => claimer.nudge(),
    onSuspects: () => claimer.nudgeSuspects(false),
  });
  const { heartbeatMs } = settings;
  const watcher = cancelWatcher({ store, timing, onError, heartbeatMs, held: () => keeper.held() });
  const growth = growthOf(options, claimer, runner);
  const { isolated, places } = isolation;
  const services = [
    keeper,
    isolated,
    signals,
    watcher,
    tempFolders,
    memoryLoop(options),
    ...growth,
    ...sweeps,
  ];
  return { claimer, runner, places, services };
}

/** What has slots come and go: load, where there is a range, and the program's other workers. */
function growthOf(
  { timing, onError, settings, ceiling, memory }: PartsOptions,
  claimer: Claimer,
  runner: Runner,
) {
  const { total: range } = settings.limits;
  const onGrown = () => {
    runner.fill();
    claimer.freed();
  };
  const { slots } = runner;
  const memoryShare = () => memory.look().share;
  return [
    ...(range.min < range.max ? [slotGrowth({ slots, range, timing, onError, memoryShare, onGrown })] : []),
    ...(ceiling === undefined ? [] : [underCeiling(ceiling, onGrown)]),
  ];
}

/** A service that belongs to the ceiling while it runs. */
function underCeiling(ceiling: Ceiling, onRoom: () => void): Service {
  let leave: (() => void) | undefined;
  return {
    start: () => {
      leave ??= ceiling.join(onRoom);
    },
    stop: async () => leave?.(),
  };
}

function leaseSettings({ name, leaseMs, heartbeatMs, maxBlockMs }: WorkerSettings) {
  return { worker: name, leaseMs, heartbeatMs, maxBlockMs };
}

interface IsolationParts {
  readonly isolated: IsolatedHandlers;
  readonly places: ProcessPlaces;
}

function newIsolation(options: PartsOptions, tempFolders: TempFolders, onReady: () => void): IsolationParts {
  const { registry, store, timing, onError, logger, settings, defaults, gate } = options;
  const { processes } = settings;
  const { maxRescues } = defaults;
  const isolated = new IsolatedHandlers({
    ...{ registry, store, timing, onError, logger },
    ...{ processes, maxRescues, tempFolders, onReady },
    limits: limitsOn(gate, settings.name),
  });
  const isReady = isolated.isReady.bind(isolated);
  return { isolated, places: new ProcessPlaces({ registry, limit: processes, isReady }) };
}

interface RunnerEvents {
  onFreed(): void;
  onReady(inMs?: number): void;
  onSuspectEnded(): void;
}

interface RunnerParts {
  readonly keeper: LeaseKeeper;
  readonly tempFolders: TempFolders;
}

function newRunner(
  options: PartsOptions & IsolationParts,
  { keeper, tempFolders }: RunnerParts,
  events: RunnerEvents,
): Runner {
  const { store, registry, timing, onError, settings, onSettled, isolated, places } = options;
  const { random, doorman, defaults, gate } = options;
  const { policies } = defaults;
  const worker = settings.name;
  const onAnswered: SettlerOptions["onAnswered"] = (batch, answers) => runner.answered(batch, answers);
  const slots = new Slots(settings.limits, options.ceiling);
  const settler = new Settler({ store, timing, onError, running: () => slots.running, onAnswered });
  const saver = new Saver({ store, timing, onError });
  const onOver: ExecutorOptions["onOver"] = (attempt, executed) => runner.over(attempt, executed);
  const executor = new Executor({
    ...{ store, registry, timing, random, onError, worker },
    ...{ isolated, policies, tempFolders, doorman, gate, onOver },
  });
  const callbacks = new Callbacks({ registry, onError });
  const holderPorts = {
    timing,
    graceMs: settings.graceMs,
    save: saver.save.bind(saver),
    settleWith: settler.settleWith.bind(settler),
    onSpawned: () => events.onReady(),
    onProgress: callbacks.progress.bind(callbacks),
  };
  const runner = new Runner({
    ...events,
    worker,
    slots,
    places,
    pace: new Pace(),
    timing,
    keeper,
    executor,
    settler,
    callbacks,
    holderPorts,
    onError,
    onSettled,
  });
  return runner;
}

type ClaimerEvents = Pick<ClaimerOptions, "becameIdle" | "becameBusy">;

function newClaimer(options: PartsOptions & IsolationParts, runner: Runner, events: ClaimerEvents): Claimer {
  const { store, registry, timing, onError, settings, places } = options;
  const { slots, pace } = runner;
  const plan = new ClaimPlan({
    slots,
    pace,
    buffer: settings.buffer,
    queues: () => settings.queues ?? registry.queues,
    priorities: settings.priorities,
    lends: settings.lends,
    places,
    backlog: () => runner.backlog,
  });
  return new Claimer({
    store,
    timing,
    onError,
    worker: settings.name,
    leaseMs: settings.leaseMs,
    targetsMs: settings.targetsMs,
    sweepMs: settings.sweepMs,
    slots,
    plan,
    ...events,
    take: (batch) => runner.take(batch),
  });
}
