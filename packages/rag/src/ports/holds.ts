/** The port through which all processes on a store keep from calling something for a while, together. */

/** Why and for how long nobody should call. */
export interface Hold {
  /** Milliseconds from now, above 0. */
  readonly ms: number;
  /** In words for people: `rate-limited`, `window-exhausted`. */
  readonly reason: string;
}

/** Holds by key. A key is held until the latest end anybody has asked for. */
export interface Holds {
  /** What is left of the hold on a key; `undefined` where nothing holds it. */
  left(key: string): Promise<Hold | undefined>;
  /** Holds a key for `ms` from now; never shortens a hold. */
  hold(key: string, ms: number, reason: string): Promise<void>;
}
