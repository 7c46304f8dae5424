/** What the conformance suite and the model need of a store under test: the store, a clock to move, a clean start. */
import type { JobId, Store } from "@millrace/core";

/** A fresh, empty, opened and migrated store whose clock stands still until moved. */
export interface TestStore {
  readonly store: Store;
  /** Moves the store's clock forward. */
  advance(ms: number): Promise<void>;
  /** Loses a running, waiting or ended job behind the store's back; nothing else changes. */
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
