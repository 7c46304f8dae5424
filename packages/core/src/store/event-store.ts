/** The verb that reads what happened, in order, from any position on. */
import type { Transition } from "../model/event.ts";
import type { JobId } from "../model/ids.ts";

/** One transition of one job. What names the job is left out once nothing of it is kept. */
export interface StoredEvent {
  /** Where it stands: `<row>.<index in the row>`. Later events stand later; numbers may be left out. */
  readonly position: string;
  /** `changed`: written by an older version, which did not say how the job changed. */
  readonly kind: Transition | "changed";
  readonly job: JobId;
  /** On the store's clock, in ms since the epoch. */
  readonly atMs: number;
  readonly tenant?: string | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
}

/** Which part of the events to read. */
export interface EventsOptions {
  /**
   * Only what comes later than this position of an earlier page; from the oldest event kept where left out. `latest`
   * reads nothing and gives the position that everything committed so far is at or before.
   */
  readonly after?: string | undefined;
  /** 1 or more. */
  readonly limit: number;
}

/**
 * Events in order, at most as many as asked for. A page may hold fewer, even none, while more follow: the end is
 * reached where `next` is the `after` that was asked for.
 */
export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** What to read after next. */
  readonly next: string;
  /**
   * Set where events between `after` and what is kept are gone (pruned, or of another store): nothing was read, and
   * `next` stands before the oldest event kept.
   */
  readonly reset?: true | undefined;
}

/** The position before a store's first event. */
export const FIRST_POSITION = "0.0";

/** The event part of the port. */
export interface EventStore {
  /**
   * Folds, then reads events. Every committed transition appears, once to a reader that goes on from `next`, however
   * long the transaction that wrote it was open; of one job in the order in which they happened.
   * @throws MillraceError `bad-input` for an `after` that is no position.
   */
  events(options: EventsOptions): Promise<EventPage>;
}
