/** Telling idle workers in other processes that there are jobs, and handing one straight to them. */
import type { LeaseId } from "../model/ids.ts";
import type { ClaimedJob, Priority } from "../model/job.ts";

/** Who listens, and to what end. */
export interface ListenOptions {
  /** The worker's name, unique among those of the store. */
  readonly worker: string;
  /** Called when there may be jobs on a queue the worker said it is idle on, and after a gap in listening. */
  onWake(): void;
  /** Called with a job that was claimed for the worker. */
  onOffer(offer: Offer): void;
  /** Told of each failure to listen; it is tried again. */
  onError(error: unknown): void;
}

/** A queue the worker has nothing to do on, and what of it it may be offered. */
export interface Opening {
  readonly queue: string;
  /** Free slots kept for offers: so many may come before the worker says anything again; 0 for none. */
  readonly max: number;
  /** Handlers the worker has; other jobs are not offered. */
  readonly names: readonly string[];
  /** All classes where left out. */
  readonly priorities?: readonly Priority[] | undefined;
}

/** How long a worker's word holds. */
export interface IdleOptions {
  readonly forMs: number;
  /** How long the lease of an offered job lasts from `Offer.atMs`. */
  readonly offerMs: number;
}

/**
 * A job whose enqueuer has claimed it for this worker, alone under a lease of `offerMs`. An `extend` of the lease accepts
 * it; where it runs out without one, the job is ready again as if nobody had ever held it.
 */
export interface Offer {
  readonly lease: LeaseId;
  readonly job: ClaimedJob;
  /** When it was claimed, in ms on the store's clock. */
  readonly atMs: number;
}

/** A worker that listens. */
export interface Listening {
  /**
   * Says on which queues the worker has nothing to do. Once it resolves, jobs enqueued from then on are told of;
   * those enqueued shortly before may not be, so look once more. Gives the time of the word, in ms on the store's clock.
   */
  idle(openings: readonly Opening[], options: IdleOptions): Promise<number>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Signals between processes; left out by stores whose workers must poll. A signal may be late, lost or needless:
 * workers poll beside it. A single job with nothing special about it, enqueued on a queue where nothing else is ready,
 * may be offered instead: a lost offer costs its lease.
 */
export interface SignalCapability {
  listen(options: ListenOptions): Listening;
}
