/** What rules of transactional work play on: a store, a client with a worker, and a table of effects beside the store's. */
import { randomBytes } from "node:crypto";
import {
  createMillrace,
  type JobDefinition,
  type Millrace,
  type Store,
  type Transaction,
  type WorkerOptions,
} from "@millrace/core";
import { type TestHome, type TestStore, withoutSignals } from "../test-store.ts";

/** Of this process alone: homes on one server are tried at the same time. */
const EFFECTS = `transactional_effect_${randomBytes(4).toString("hex")}`;
/** How long leases last where a rule says nothing else. */
const LEASE_MS = 15_000;

/** The home has opened the store and will close it. */
const ALREADY_OPEN: Pick<Store, "open" | "close"> = {
  open: async () => ({ kind: "test", durability: "the home's", version: "0" }),
  close: async () => undefined,
};

/** Holds the store and the clients of one rule. */
export class TransactionalScene {
  store: Store;
  readonly #test: TestStore;
  readonly #clients: Millrace[] = [];

  constructor(test: TestStore) {
    this.#test = test;
    this.store = test.store;
  }

  /** A client on the store, or on one that differs from it. */
  client(jobs: readonly JobDefinition[], store: Store = this.store): Millrace {
    const mr = createMillrace({
      store: { ...withoutSignals(store), ...ALREADY_OPEN },
      jobs,
      migrate: "off",
      onError: () => undefined,
    });
    this.#clients.push(mr);
    return mr;
  }

  /** A client with a worker. */
  working(jobs: readonly JobDefinition[], options: WorkerOptions = {}, store: Store = this.store): Millrace {
    const mr = this.client(jobs, store);
    mr.worker({ lease: LEASE_MS, ...options });
    return mr;
  }

  /** Has the store find every lease expired. */
  async expireLeases(): Promise<void> {
    await this.#test.advance(LEASE_MS);
    await this.store.rescue({ limit: 100 });
  }

  /** Closes the store under whatever runs on it, and goes on with another at the same place. */
  async reopen(): Promise<void> {
    this.store = await this.#test.reopen();
  }

  /** What was kept of the effects, in order. */
  async effects(): Promise<readonly string[]> {
    const read = (transaction: Transaction) =>
      transaction.query<{ what: string }>(`select what from ${EFFECTS} order by what`);
    return (await this.#run(read)).map((row) => row.what);
  }

  async prepare(): Promise<void> {
    if (this.store.capabilities.transactions === undefined) return;
    await this.#run(async (transaction) => {
      await transaction.query(`drop table if exists ${EFFECTS}`);
      await transaction.query(`create table ${EFFECTS} (what text not null)`);
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((mr) => mr.close()));
    if (this.store.capabilities.transactions === undefined) return;
    await this.#run((transaction) => transaction.query(`drop table ${EFFECTS}`));
  }

  #run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { transactions } = this.store.capabilities;
    if (transactions === undefined) throw new Error("the store has no transactions");
    return transactions.run(work);
  }
}

/** Leaves an effect in a transaction. */
export async function leave(what: string, transaction: Transaction | undefined): Promise<void> {
  await transaction?.query(`insert into ${EFFECTS} values ($1)`, [what]);
}

/** Resolves once the signal has fired; on a slow machine it may have before anybody listens. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** Plays on a fresh store. */
export async function onScene(
  home: TestHome,
  body: (scene: TransactionalScene) => Promise<void>,
): Promise<void> {
  const test = await home.create();
  const scene = new TransactionalScene(test);
  await scene.prepare();
  try {
    await body(scene);
  } finally {
    await scene.end();
    await test.dispose();
  }
}
