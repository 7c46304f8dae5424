/** Puts a worker's parts together; none of them knows more of another than it needs. */

import type { Registry } from "../job/registry.ts";
import type { JobId } from "../model/ids.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Random } from "../runtime/random.ts";
import type { Loop, OnError, Service } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";
import { Callbacks } from "./callbacks.ts";
import { cancelWatcher } from "./cancel-watcher.ts";
import { cascader } from "./cascader.ts";
import { ClaimPlan } from "./claim-plan.ts";
import { Claimer, type ClaimerOptions } from "./claimer.ts";
import { cleaner, type RetentionMs } from "./cleaner.ts";
import { deadWatch } from "./dead-watch.ts";
import type { Doorman } from "./doorman.ts";
import { Executor, type ExecutorOptions } from "./executor.ts";
import { folder } from "./folder.ts";
import { IdleSignals } from "./idle-signals.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { operator } from "./operator.ts";
import type { WorkerSettings } from "./options.ts";
import { Pace } from "./pace.ts";
import { expirer, rescuer, type SweepOptions } from "./rescuer.ts";
import { Runner } from "./runner.ts";
import { Saver } from "./saver.ts";
import { Settler, type SettlerOptions } from "./settler.ts";
import { Slots } from "./slots.ts";
import { watchdog } from "./watchdog.ts";

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
  readonly doorman: Doorman | undefined;
  onSettled(ids: readonly JobId[]): void;
}

/** What a worker starts and stops. */
export interface WorkerParts {
  readonly claimer: Claimer;
  readonly runner: Runner;
  /** In starting order; stopped in the reverse. */
  readonly services: readonly Service[];
}

/** Builds the parts; nothing runs yet. */
export function assembleParts(options: PartsOptions): WorkerParts {
  const { store, settings, timing, onError } = options;
  const keeper = new LeaseKeeper({ store, timing, onError, ...leaseSettings(settings) });
  const runner: Runner = newRunner(options, keeper, {
    onFreed: () => claimer.freed(),
    onReady: (inMs) => claimer.nudge(inMs),
    onSuspectEnded: () => claimer.nudgeSuspects(true),
  });
  const signals = new IdleSignals({
    store,
    timing,
    onError,
    worker: settings.name,
    leaseMs: settings.leaseMs,
    onWake: () => claimer.nudge(),
    onOffer: (batch) => claimer.offered(batch),
  });
  const claimer: Claimer = newClaimer(options, runner, {
    becameIdle: (openings) => signals.becameIdle(openings),
    becameBusy: () => signals.becameBusy(),
  });
  const sweeps = sweepsOf(options, claimer);
  const { cancelPollMs } = settings;
  const watcher = cancelWatcher({ store, timing, onError, cancelPollMs, held: () => keeper.held() });
  return { claimer, runner, services: [keeper, signals, watcher, ...sweeps] };
}

/** Sweeps begin one after the other, so that a worker that starts does not ask for a connection for each. */
const SWEEPS = 8;
/** Longest time until all have begun. */
const BEGUN_MS = 1_000;

function sweepsOf(options: PartsOptions, claimer: Claimer): Loop[] {
  const { store, registry, timing, onError, logger, settings, retention } = options;
  const { sweepMs, deadThresholds: thresholds } = settings;
  const inTurn = (place: number): SweepOptions => {
    const firstRestMs = (Math.min(sweepMs, BEGUN_MS) * place) / SWEEPS;
    return { store, timing, onError, sweepMs, firstRestMs };
  };
  return [
    rescuer(inTurn(0), () => claimer.nudgeSuspects(false)),
    expirer(inTurn(1), () => claimer.nudge()),
    folder(inTurn(2)),
    cleaner(inTurn(3), { retention, logger }),
    cascader(inTurn(4), () => claimer.nudge()),
    watchdog(inTurn(5), () => claimer.nudge()),
    operator(inTurn(6), registry, () => claimer.nudge()),
    ...(thresholds === undefined ? [] : [deadWatch(inTurn(7), { thresholds, logger })]),
  ];
}

function leaseSettings({ name, leaseMs, maxBlockMs }: WorkerSettings) {
  return { worker: name, leaseMs, maxBlockMs };
}

interface RunnerEvents {
  onFreed(): void;
  onReady(inMs?: number): void;
  onSuspectEnded(): void;
}

function newRunner(options: PartsOptions, keeper: LeaseKeeper, events: RunnerEvents): Runner {
  const { store, registry, timing, random, onError, settings, doorman, onSettled } = options;
  const worker = settings.name;
  const onAnswered: SettlerOptions["onAnswered"] = (batch, answers) => runner.answered(batch, answers);
  const slots = new Slots(settings.limits);
  const settler = new Settler({ store, timing, onError, running: () => slots.running, onAnswered });
  const saver = new Saver({ store, timing, onError });
  const onOver: ExecutorOptions["onOver"] = (attempt, executed) => runner.over(attempt, executed);
  const executor = new Executor({ store, registry, timing, random, onError, worker, doorman, onOver });
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

function newClaimer(options: PartsOptions, runner: Runner, events: ClaimerEvents): Claimer {
  const { store, registry, timing, onError, settings } = options;
  const { slots, pace } = runner;
  const plan = new ClaimPlan({
    slots,
    pace,
    queues: () => settings.queues ?? registry.queues,
    priorities: settings.priorities,
    lends: settings.lends,
    names: () => registry.names,
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
