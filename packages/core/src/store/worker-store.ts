/** The verbs of the registry of workers: who is at work, on which jobs. */
import type { WorkerId } from "../model/ids.ts";
import type { WorkerRow, WorkerWord } from "../model/worker.ts";

/** The registry's part of the port. Nothing is decided by it: jobs are held by leases, and it only says who may come. */
export interface WorkerStore {
  /**
   * Enters workers, or renews their word, for `forMs` from now on. A worker that stays silent longer is live no more and
   * is forgotten; one that comes back is entered anew. Of a worker met twice in a call the last word counts.
   * @throws MillraceError `bad-input` for text or numbers no store can keep.
   */
  registerWorkers(workers: readonly WorkerWord[], options: { readonly forMs: number }): Promise<void>;
  /** Forgets workers that have stopped; unknown ones are none. */
  removeWorkers(ids: readonly WorkerId[]): Promise<void>;
  /** The live workers, by id. */
  workers(): Promise<readonly WorkerRow[]>;
}
