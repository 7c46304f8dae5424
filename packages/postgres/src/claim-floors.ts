/** Where a claim may begin to look: in front of that is only what this process has just taken, which costs to step over. */
import type { ClaimWant } from "@millrace/core";
import type { StatementName } from "./statements.ts";

/**
 * Oldest a floor may be, in ms: a job that another process puts back in front of it, or that was committed late, is passed over
 * for no longer. Nothing but the order of claims depends on it.
 */
const MAX_AGE_MS = 200;

/** Statements after which jobs due earlier than those last claimed may be ready. */
const MOVES_BACK: ReadonlySet<StatementName> = new Set([
  "holder/requeue",
  "holder/suspend",
  "holder/wake",
  "history/replay",
  "job/hasten",
  "job/reprioritise",
  "key/replace",
  "lease/rescue",
  "line/promote",
  "queue/configure",
]);

/** Due times by class code, in ms on the store's clock, and when they were found. */
interface Floors {
  readonly foundAtMs: number;
  readonly classes: ReadonlyMap<number, number>;
}

/** A claim under way. */
export interface Look {
  readonly era: number;
  readonly want: ClaimWant;
}

/** The floors of one store, by queue and by the names and classes asked for. */
export class ClaimFloors {
  readonly #floors = new Map<string, Floors>();
  #era = 0;

  /** A statement is about to run. */
  saw(name: StatementName): void {
    if (!MOVES_BACK.has(name)) return;
    this.#era += 1;
    this.#floors.clear();
  }

  /** To be given back with what the claim brings. */
  look(want: ClaimWant): Look {
    return { era: this.#era, want };
  }

  /** Due time by class code below which there is nothing to claim; none where that is not known. */
  of(want: ClaimWant): ReadonlyMap<number, number> | undefined {
    const floors = this.#floors.get(keyOf(want));
    return floors !== undefined && performance.now() - floors.foundAtMs <= MAX_AGE_MS
      ? floors.classes
      : undefined;
  }

  /** What a claim found: the latest due time by class, where it brought all it asked for and more may be there. */
  note({ era, want }: Look, count: number, classes: ReadonlyMap<number, number>): void {
    if (count < want.max || era !== this.#era) this.#floors.delete(keyOf(want));
    else this.#floors.set(keyOf(want), { foundAtMs: performance.now(), classes });
  }
}

function keyOf({ queue, names, priorities }: ClaimWant): string {
  return JSON.stringify([queue, names, priorities]);
}
