/** The port every home of millrace implements. `testkit/conformance` decides what its words mean. */
import type { ControlNote } from "../model/control-note.ts";
import type { AuditStore } from "./audit-store.ts";
import type { Transaction } from "./call.ts";
import type { ControlStore } from "./control-store.ts";
import type { DeadStore } from "./dead-store.ts";
import type { EventStore } from "./event-store.ts";
import type { JobStore } from "./job-store.ts";
import type { LimitStore } from "./limit-store.ts";
import type { OperationStore } from "./operation-store.ts";
import type { QueueStore } from "./queue-store.ts";
import type { RunStore } from "./run-store.ts";
import type { ScheduleStore } from "./schedule-store.ts";
import type { SignalCapability } from "./signals.ts";
import type { StatsStore } from "./stats-store.ts";
import type { WorkerStore } from "./worker-store.ts";

/** What only some stores can do. */
export interface Capabilities {
  /** Whether more than one process may use the store at once. */
  readonly multiProcess: boolean;
  /** Joining database transactions; left out where the store has none. */
  readonly transactions?: TransactionCapability | undefined;
  /** Waking idle workers of other processes; left out where they find jobs by polling alone. Known once the store is open. */
  readonly signals?: SignalCapability | undefined;
}

/** How {@link TransactionCapability.run} runs its work. */
export interface TransactionOptions {
  /**
   * For work that is not the store's own, such as a handler: it is called once whatever happens, and only so many run
   * at a time that every other call still finds a connection. Where the signal fires before its turn, it is not called
   * and the signal's reason is thrown.
   */
  readonly turn?: AbortSignal | undefined;
}

/** Running work in one database transaction, which `save`, `settle` and `enqueue` can join. */
export interface TransactionCapability {
  /** Whether the store has one connection only: while a transaction is open, every other call waits until it has ended. */
  readonly exclusive?: boolean | undefined;
  /** Commits when `work` resolves, rolls back when it rejects. After a deadlock the work may be called again. */
  run<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** What an opened store says of itself. */
export interface StoreInfo {
  /** `memory`, `pglite`, `postgres`. */
  readonly kind: string;
  /** What survives what, in words for people. */
  readonly durability: string;
  readonly version: string;
}

/** How a schema is brought up to date. */
export interface MigrateOptions {
  readonly dryRun?: boolean | undefined;
  readonly note?: ControlNote | undefined;
}

/** Opening, schema and closing. */
export interface LifeStore {
  readonly capabilities: Capabilities;
  /** Connects (and locks an embedded store). No other verb works before. Leases of a dead single process end here. */
  open(): Promise<StoreInfo>;
  /**
   * Brings the schema up to date; gives the names of the migrations it ran. Safe to call from many processes. With
   * `dryRun` nothing is changed, and the names are those it would run. With `note`, the audit says who had them run.
   */
  migrate(options?: MigrateOptions): Promise<readonly string[]>;
  /** Gives up connections, threads and locks. Idempotent. */
  close(): Promise<void>;
}

/** A millrace store. No call waits for ever: each ends by the store's own deadline, as `deadline-exceeded`. */
export interface Store
  extends JobStore,
    ControlStore,
    QueueStore,
    RunStore,
    ScheduleStore,
    EventStore,
    StatsStore,
    AuditStore,
    DeadStore,
    OperationStore,
    WorkerStore,
    LimitStore,
    LifeStore {}
