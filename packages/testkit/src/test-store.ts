/** What the conformance suite and the model need of a store under test: the store, a clock to move, a clean start. */
import type { JobId, Store } from "@millrace/core";

/** A fresh, empty, opened and migrated store whose clock stands still until moved. */
export interface TestStore {
  readonly store: Store;
  /** Moves the store's clock forward. */
  advance(ms: number): Promise<void>;
  /** Loses a running or waiting job behind the store's back; nothing else changes. */
  lose(id: JobId): Promise<void>;
  /** Closes the store and opens another at the same place, as the next process would. */
  reopen(): Promise<Store>;
  /** Closes the store and removes what it kept. */
  dispose(): Promise<void>;
}

/** One home of millrace, as tests see it. */
export interface TestHome {
  /** `memory`, `pglite`, `postgres`. */
  readonly name: string;
  /** One-time start (a server, an embedded database); `create` is called only after it. */
  start(): Promise<void>;
  create(): Promise<TestStore>;
  stop(): Promise<void>;
}

/**
 * The store as workers poll it. For workers whose own time goes on while the store's stands still: an offer that such a worker
 * counts as lost would never run out in the store.
 */
export function withoutSignals(store: Store): Store {
  return { ...store, capabilities: { ...store.capabilities, signals: undefined } };
}
