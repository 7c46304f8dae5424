/** What one rule plays on: a fresh store with a clock that stands still, and short words for common moves. */
import type {
  ClaimedJob,
  ClaimOptions,
  ClaimWant,
  HolderAnswer,
  HolderWrite,
  ItemFilter,
  ItemRow,
  JobFilter,
  JobId,
  JobRow,
  NewJob,
  Outcome,
  Priority,
  RunFilter,
  RunId,
  RunRow,
  Settlement,
  StepRef,
  StepRow,
  Store,
} from "@millrace/core";
import type { TestStore } from "../test-store.ts";
import { LEASE_MS, NAME, newJob, nextId, QUEUE, settlementOf, writeOf } from "./builders.ts";

/** A claim of one queue; everything has a default. */
export type ClaimGiven = Partial<ClaimWant> & Partial<ClaimOptions>;
type Held = Pick<ClaimedJob, "id" | "token">;
type Counts = Readonly<Record<string, number>>;

/** Holds the store of one rule. */
export class Scene {
  store: Store;
  readonly #test: TestStore;

  constructor(test: TestStore) {
    this.#test = test;
    this.store = test.store;
  }

  /** Moves the store's clock. */
  async advance(ms: number): Promise<void> {
    await this.#test.advance(ms);
  }

  /** Loses a claimed job behind the store's back. */
  async lose(id: JobId): Promise<void> {
    await this.#test.lose(id);
  }

  /** Closes the store and goes on with another at the same place. */
  async reopen(): Promise<void> {
    this.store = await this.#test.reopen();
  }

  /** Enqueues a job. */
  async add(given: Partial<NewJob> = {}): Promise<NewJob> {
    const job = newJob(given);
    await this.store.enqueue([job]);
    return job;
  }

  /** Claims all there is of one queue, or as given. */
  async claim(given: ClaimGiven = {}): Promise<readonly ClaimedJob[]> {
    const { queue = QUEUE, max = 10_000, names = [NAME], priorities } = given;
    const { worker = "worker-1", lease = nextId(), leaseMs = LEASE_MS, solo, overdue, targetsMs } = given;
    const options = { worker, lease, leaseMs, solo, overdue, targetsMs };
    return this.store.claim([{ queue, max, names, priorities }], options);
  }

  /** Claims the next job; there must be one. */
  async claimOne(given: ClaimGiven = {}): Promise<ClaimedJob> {
    const [job] = await this.claim({ ...given, max: 1 });
    if (job === undefined) throw new Error("nothing to claim");
    return job;
  }

  /** Claims the next suspect; there must be one. */
  async claimSuspect(given: ClaimGiven = {}): Promise<ClaimedJob> {
    return this.claimOne({ ...given, solo: true });
  }

  /** Enqueues a job and claims it, alone in its queue as it must be. */
  async hold(given: Partial<NewJob> = {}): Promise<ClaimedJob> {
    const job = await this.add(given);
    const held = await this.claimOne({ queue: job.queue, names: [job.name] });
    if (held.id !== job.id) throw new Error("another job was claimed");
    return held;
  }

  /** Saves one write. */
  async save(held: Held, given: Partial<HolderWrite> = {}): Promise<HolderAnswer | undefined> {
    return (await this.store.save([writeOf(held, given)]))[0];
  }

  /** Settles one attempt. */
  async settle(
    held: Held,
    outcome: Outcome,
    given: Partial<Settlement> = {},
  ): Promise<HolderAnswer | undefined> {
    return (await this.store.settle([settlementOf(held, outcome, given)]))[0];
  }

  /** Settles many attempts alike, in one call. */
  async settleAll(held: readonly Held[], outcome: Outcome): Promise<readonly HolderAnswer[]> {
    return this.store.settle(held.map((each) => settlementOf(each, outcome)));
  }

  /** Lets every lease of the default length run out and takes its jobs back. */
  async expire(): Promise<void> {
    await this.advance(LEASE_MS);
    await this.store.rescue({ limit: 1_000 });
  }

  /** The job as it is listed; it must be there. */
  async row(id: JobId): Promise<JobRow> {
    const [row] = (await this.store.find({ ids: [id] }, { limit: 1 })).rows;
    if (row === undefined) throw new Error(`job ${id} is not listed`);
    return row;
  }

  /** The ids a listing gives, at most 10,000. */
  async ids(filter: JobFilter): Promise<JobId[]> {
    return (await this.store.find(filter, { limit: 10_000 })).rows.map((row) => row.id);
  }

  async run(filter: RunFilter): Promise<RunRow> {
    const [row] = (await this.store.findRuns(filter, { limit: 1 })).rows;
    if (row === undefined) throw new Error("no such run is listed");
    return row;
  }

  /** A run's steps, at most 1,000. */
  async steps(run: RunId): Promise<readonly StepRow[]> {
    return (await this.store.steps({ run }, { limit: 1_000 })).rows;
  }

  /** A step's ledger, at most 10,000 rows. */
  async items(filter: ItemFilter): Promise<readonly ItemRow[]> {
    return (await this.store.items(filter, { limit: 10_000 })).rows;
  }

  /** The counters of a queue and class. */
  async queueCounts(queue: string = QUEUE, priority: Priority = "default"): Promise<Counts> {
    return this.counts(`queue:${queue}:${priority}`);
  }

  async stepCounts(step: StepRef): Promise<Counts> {
    return this.counts(`step:${step.run}:${step.step}`);
  }

  async counts(scope: string): Promise<Counts> {
    return (await this.store.counters([scope]))[scope] ?? {};
  }

  /** Folds until nothing is left. */
  async foldAll(limit = 1_000): Promise<void> {
    while ((await this.store.fold({ limit })).folded > 0);
  }
}
