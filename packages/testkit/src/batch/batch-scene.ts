/** What a batch rule plays on: a store, processes that come and go, and a time that both sides share. */

import {
  createMillrace,
  isFinishedRun,
  type JobRow,
  type JobState,
  type Millrace,
  type Pipeline,
  type RunHandle,
  type RunId,
  type RunRow,
  type Store,
  type Worker,
} from "@millrace/core";
import { VirtualTime } from "@millrace/core/testing";
import type { TestStore } from "../test-store.ts";
import { Calls, callingStore, type Fault } from "./calls.ts";

/** How long leases last. */
export const LEASE_MS = 10_000;
const STEP_MS = 500;
/** An hour of it. */
const MAX_STEPS = 7_200;
/** Turns of the event loop without a store call after which nothing but time will bring one. */
const QUIET_TURNS = 6;
const LIVE: readonly JobState[] = ["scheduled", "ready", "retrying", "running", "waiting"];

/** The home has opened the store and will close it. */
const ALREADY_OPEN: Pick<Store, "open" | "close"> = {
  open: async () => ({ kind: "test", durability: "the home's", version: "0" }),
  close: async () => undefined,
};

/** One process: a client and a worker on the store of the rule. */
export interface Process<Params> {
  readonly mr: Pick<Millrace, "start" | "run">;
  readonly batch: Pipeline<Params>;
  readonly calls: Calls;
  readonly worker: Worker;
  /** The store as this process sees it. */
  readonly store: Store;
}

/** The processes and the time of one rule. */
export class BatchScene {
  readonly time: VirtualTime = new VirtualTime();
  readonly #test: TestStore;
  readonly #processes: Process<unknown>[] = [];

  constructor(test: TestStore) {
    this.#test = test;
  }

  /** The store itself, which never fails. */
  get store(): Store {
    return this.#test.store;
  }

  /** Starts a process that works on the batch; the rule says what the batch does in it. */
  process<Params>(make: (store: Store, calls: Calls) => Pipeline<Params>, fault?: Fault): Process<Params> {
    const calls = new Calls(fault);
    const store = { ...callingStore(this.#test.store, calls), ...ALREADY_OPEN };
    const batch = make(store, calls);
    const mr = createMillrace({
      store,
      jobs: [batch],
      timing: this.time,
      onError: () => undefined,
      migrate: "off",
    });
    const worker = mr.worker({ lease: LEASE_MS, grace: "1h" });
    const process = { mr, batch, calls, worker, store };
    this.#processes.push(process);
    return process;
  }

  /** Starts a run in a process. */
  async start<Params>({ mr, batch }: Process<Params>, params: NoInfer<Params>): Promise<RunHandle> {
    const starting = mr.start(batch, params);
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    starting.then(over, over);
    await this.until(async () => isOver);
    return starting;
  }

  /** Lets the process be dead: what it holds comes free when its leases run out, which they have then. */
  async bury(process: Process<unknown>): Promise<void> {
    process.calls.die();
    void process.worker.stop();
    void process.worker.stop();
    await this.quiet();
    await this.#test.advance(LEASE_MS);
  }

  /** Moves time until it is so. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step += 1) {
      await this.quiet();
      if (await isSo()) return;
      await this.time.advance(STEP_MS);
      await this.#test.advance(STEP_MS);
    }
    throw new Error("waited an hour for what does not come");
  }

  /** Moves time, the store's and that of all processes. */
  async advance(ms: number): Promise<void> {
    for (let gone = 0; gone < ms; gone += STEP_MS) {
      await this.quiet();
      await this.time.advance(STEP_MS);
      await this.#test.advance(STEP_MS);
    }
    await this.quiet();
  }

  /** Moves the store's clock alone: to the processes it seems to run fast. */
  async advanceStore(ms: number): Promise<void> {
    await this.#test.advance(ms);
  }

  /** Resolves when nothing but time will bring another store call. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
      const made = this.#made();
      await Promise.all(this.#processes.map(({ calls }) => calls.idle()));
      await this.time.turn();
      if (this.#made() > made) turns = -1;
    }
  }

  async run(id: RunId): Promise<RunRow> {
    const [row] = (await this.store.findRuns({ ids: [id] }, { limit: 1 })).rows;
    if (row === undefined) throw new Error(`there is no run ${id}`);
    return row;
  }

  /** The run once it has ended, and all its jobs have. */
  async ended(id: RunId): Promise<RunRow> {
    await this.until(async () => {
      if (!isFinishedRun((await this.run(id)).state)) return false;
      return (await this.store.find({ run: id, states: LIVE }, { limit: 1 })).rows.length === 0;
    });
    return this.run(id);
  }

  /** Jobs of one name, at most 1,000. */
  async jobs(name: string): Promise<readonly JobRow[]> {
    return (await this.store.find({ name }, { limit: 1_000 })).rows;
  }

  /** Ends all processes. */
  async end(): Promise<void> {
    for (const { worker } of this.#processes) {
      void worker.stop();
      void worker.stop();
    }
    await this.quiet();
  }

  #made(): number {
    return this.#processes.reduce((sum, { calls }) => sum + calls.made, 0);
  }
}
