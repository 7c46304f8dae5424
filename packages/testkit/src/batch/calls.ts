/** A store as one process sees it: all its calls are counted, one of them may go wrong, and after its death none gets through. */
import { MillraceError, type Store } from "@millrace/core";
import { interceptedStore } from "@millrace/core/testing";

/** What happens at a process's n-th store call. */
export interface Fault {
  /** Counted from 1. */
  readonly at: number;
  /** `before`: the call does nothing. `after`: it takes effect, and its answer is lost. */
  readonly when: "before" | "after";
  /** `error`: the call fails as if the store could not be reached. `death`: so do all later ones, for the process is gone. */
  readonly what: "error" | "death";
}

/** The calls of one process. */
export class Calls {
  readonly #fault: Fault | undefined;
  #inFlight = 0;
  #onIdle: (() => void)[] = [];
  #isDead = false;
  #made = 0;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  /** Calls made. */
  get made(): number {
    return this.#made;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Nothing of this process reaches the store from now on, nor does an answer reach it. */
  die(): void {
    this.#isDead = true;
  }

  /** Resolves when no call is on its way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Makes a call, or has it go wrong. */
  async make<T>(call: () => Promise<T>): Promise<T> {
    this.#refuseIfDead();
    this.#made += 1;
    const fault = this.#fault?.at === this.#made ? this.#fault : undefined;
    this.#inFlight += 1;
    try {
      if (fault?.when === "before") this.#strike(fault);
      const answer = await call();
      if (fault?.when === "after") this.#strike(fault);
      this.#refuseIfDead();
      return answer;
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }

  #strike({ what }: Fault): void {
    if (what === "error") throw new MillraceError("store-unreachable", "the store cannot be reached");
    this.die();
    this.#refuseIfDead();
  }

  #refuseIfDead(): void {
    if (this.#isDead) throw new MillraceError("store-closed", "the process is dead");
  }
}

/** The store as the process of these calls sees it. */
export function callingStore(store: Store, calls: Calls): Store {
  return interceptedStore(store, (_call, make) => calls.make(make));
}
