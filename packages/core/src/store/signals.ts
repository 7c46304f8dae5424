/** Telling idle workers in other processes that there are jobs. */

/** Who listens, and to what end. */
export interface ListenOptions {
  /** The worker's name, unique among those of the store. */
  readonly worker: string;
  /** Called when there may be jobs on a queue the worker said it is idle on, and after a gap in listening. */
  onWake(): void;
  /** Told of each failure to listen; it is tried again. */
  onError(error: unknown): void;
}

/** A worker that listens. */
export interface Listening {
  /**
   * Says that the worker has nothing to do on these queues, for so many ms. Once it resolves, jobs enqueued from then
   * on are told of; those enqueued shortly before may not be, so look once more.
   */
  idle(queues: readonly string[], forMs: number): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Signals between processes; left out by stores whose workers must poll. A signal may be late, lost or needless:
 * workers poll beside it.
 */
export interface SignalCapability {
  listen(options: ListenOptions): Listening;
}
