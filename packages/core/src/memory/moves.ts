/** Jobs counted from one place to another. */
import type { TerminalState } from "../model/job.ts";
import type { Counters } from "./counters.ts";

/** What a job is counted as: where it is, or how it ended. */
type Counted = "queued" | "running" | "waiting" | TerminalState;

/** Where a transition leads, as counters tell it; a side left out is not counted. */
export interface Move {
  readonly from?: Counted | undefined;
  readonly to?: Counted | undefined;
}

/** Counts moves of one sort, and adds them up only when one of another sort comes: a call's are mostly alike. */
export class Moves {
  readonly #delta: Counters;
  #scope = "";
  #move: Move = {};
  #count = 0;

  constructor(delta: Counters) {
    this.#delta = delta;
  }

  /** A job of this scope moves so. */
  add(scope: string, move: Move): void {
    if (scope !== this.#scope || move.from !== this.#move.from || move.to !== this.#move.to) {
      this.flush();
      this.#scope = scope;
      this.#move = move;
    }
    this.#count += 1;
  }

  /** Adds what is counted to the delta. */
  flush(): void {
    const { from, to } = this.#move;
    if (from !== undefined) this.#delta.add(this.#scope, from, -this.#count);
    if (to !== undefined) this.#delta.add(this.#scope, to, this.#count);
    this.#count = 0;
  }
}
