/** A store whose adapter is loaded when it is opened, so that a program pays only for the home it uses. */
import {
  type AuditStore,
  type Capabilities,
  type LifeStore,
  type LimitStore,
  MillraceError,
  type RunStore,
  type Store,
  type TransactionCapability,
} from "@millrace/core";

/** What is known of a store before it is loaded. */
export interface DeferredCapabilities {
  readonly multiProcess: boolean;
  readonly hasTransactions: boolean;
}

/**
 * A store that `load` makes at the first `open`. Until then every other verb is refused.
 * @throws MillraceError `bad-usage` from verbs before `open`.
 */
export function deferredStore(
  { multiProcess, hasTransactions }: DeferredCapabilities,
  load: () => Promise<Store>,
): Store {
  let loading: Promise<Store> | undefined;
  let loaded: Store | undefined;

  function store(): Store {
    if (loaded !== undefined) return loaded;
    throw new MillraceError("bad-usage", "the store is not open; await open() first");
  }

  const transactions: TransactionCapability = {
    run: async (...call) => {
      const loadedTransactions = store().capabilities.transactions;
      if (loadedTransactions !== undefined) return loadedTransactions.run(...call);
      throw new MillraceError("unsupported", "this store has no transactions");
    },
  };

  async function open(...options: Parameters<Store["open"]>): ReturnType<Store["open"]> {
    loading ??= load();
    const opening = loading;
    try {
      const fresh = await opening;
      const info = await fresh.open(...options);
      loaded = fresh;
      return info;
    } catch (error) {
      if (loading === opening) loading = undefined; // an adapter is opened once: the next try gets a new one
      throw error;
    }
  }

  return {
    get capabilities(): Capabilities {
      return loaded?.capabilities ?? { multiProcess, ...(hasTransactions ? { transactions } : {}) };
    },
    open,
    migrate: async (...call) => store().migrate(...call),
    close: async () => {
      await loaded?.close();
    },
    ...deferredVerbs(store),
    ...deferredRuns(store),
    ...deferredAudit(store),
    hold: async (...call) => store().hold(...call),
    holds: async (...call) => store().holds(...call),
  };
}

function deferredVerbs(
  store: () => Store,
): Omit<Store, keyof LifeStore | keyof RunStore | keyof AuditStore | keyof LimitStore> {
  return {
    enqueue: async (...call) => store().enqueue(...call),
    claim: async (...call) => store().claim(...call),
    extend: async (...call) => store().extend(...call),
    save: async (...call) => store().save(...call),
    settle: async (...call) => store().settle(...call),
    rescue: async (...call) => store().rescue(...call),
    expire: async (...call) => store().expire(...call),
    configureQueue: async (...call) => store().configureQueue(...call),
    peek: async (...call) => store().peek(...call),
    queueSettings: async (...call) => store().queueSettings(...call),
    cancel: async (...call) => store().cancel(...call),
    cancels: async (...call) => store().cancels(...call),
    cascade: async (...call) => store().cascade(...call),
    retry: async (...call) => store().retry(...call),
    reprioritise: async (...call) => store().reprioritise(...call),
    delete: async (...call) => store().delete(...call),
    cleanUp: async (...call) => store().cleanUp(...call),
    watch: async (...call) => store().watch(...call),
    fold: async (...call) => store().fold(...call),
    counters: async (...call) => store().counters(...call),
    logs: async (...call) => store().logs(...call),
    find: async (...call) => store().find(...call),
    countersUnder: async (...call) => store().countersUnder(...call),
    events: async (...call) => store().events(...call),
    registerWorkers: async (...call) => store().registerWorkers(...call),
    removeWorkers: async (...call) => store().removeWorkers(...call),
    workers: async (...call) => store().workers(...call),
    explain: async (...call) => store().explain(...call),
    deadLetters: async (...call) => store().deadLetters(...call),
    deadGroups: async (...call) => store().deadGroups(...call),
    deadDepths: async (...call) => store().deadDepths(...call),
    startOperation: async (...call) => store().startOperation(...call),
    operations: async (...call) => store().operations(...call),
    takeOperation: async (...call) => store().takeOperation(...call),
    advanceOperation: async (...call) => store().advanceOperation(...call),
    abortOperation: async (...call) => store().abortOperation(...call),
    countMatching: async (...call) => store().countMatching(...call),
    setSchedule: async (...call) => store().setSchedule(...call),
    removeSchedule: async (...call) => store().removeSchedule(...call),
    pauseSchedule: async (...call) => store().pauseSchedule(...call),
    resumeSchedule: async (...call) => store().resumeSchedule(...call),
    findSchedules: async (...call) => store().findSchedules(...call),
    dueSchedules: async (...call) => store().dueSchedules(...call),
    fireSchedules: async (...call) => store().fireSchedules(...call),
  };
}

function deferredRuns(store: () => Store): RunStore {
  return {
    startRun: async (...call) => store().startRun(...call),
    moveRun: async (...call) => store().moveRun(...call),
    findRuns: async (...call) => store().findRuns(...call),
    sweepRuns: async (...call) => store().sweepRuns(...call),
    steps: async (...call) => store().steps(...call),
    items: async (...call) => store().items(...call),
    removeRuns: async (...call) => store().removeRuns(...call),
    cleanUpRuns: async (...call) => store().cleanUpRuns(...call),
    purgeRuns: async (...call) => store().purgeRuns(...call),
  };
}

function deferredAudit(store: () => Store): AuditStore {
  return {
    findAudit: async (...call) => store().findAudit(...call),
    auditChain: async (...call) => store().auditChain(...call),
    auditChains: async (...call) => store().auditChains(...call),
    chainAudit: async (...call) => store().chainAudit(...call),
    pruneAudit: async (...call) => store().pruneAudit(...call),
  };
}
