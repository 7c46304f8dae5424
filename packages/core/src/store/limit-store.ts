/** The verbs of limits: holding them for the whole fleet, and what is held. */
import type { ControlNote } from "../model/control-note.ts";
import type { LimitHold, NewLimitHold } from "../model/limit.ts";
import type { Page, PageOptions } from "./call.ts";

/** Which holds to list; every field given must match. */
export interface HoldFilter {
  readonly keys?: readonly string[] | undefined;
}

/** The limits' part of the port. Nothing in a store obeys a hold: workers ask before they start a job. */
export interface LimitStore {
  /**
   * Holds limits from the store's now on. A hold in force is replaced by one that ends later, or that may `shorten` it, and
   * else stays with its reason; `forMs: 0` lets the limit go. Of a key met twice in a call, as if one came after the other.
   * Answers in order: what is in force then, `undefined` for nothing. Atomic as a call. Where the note names an actor, the
   * audit keeps what became different.
   * @throws MillraceError `bad-input` for a key, reason, name or length that no store keeps; nothing of the call is applied.
   */
  hold(holds: readonly NewLimitHold[], note?: ControlNote): Promise<readonly (LimitHold | undefined)[]>;
  /** The holds in force, by key (code-unit order of its UTF-8 bytes). What is over is forgotten by `expire`. */
  holds(filter: HoldFilter, page: PageOptions): Promise<Page<LimitHold>>;
}
