/** The store as the test's client and worker see it: claims get through only while the test lets jobs run. */
import type { ClaimedJob } from "../model/job.ts";
import type { Store } from "../store/store.ts";
import { interceptedStore } from "./intercepted-store.ts";

/** What passes through. */
export class Gate {
  /** Jobs that may still be claimed; none while it is 0. */
  budget = 0;
  /** Store calls made. */
  made = 0;
  /** Jobs handed out. */
  claimed = 0;
  /** Whether the last claim failed, so that its loop rests. */
  isClaimBroken = false;
  #inFlight = 0;
  #onIdle: (() => void)[] = [];

  /** The store behind this gate. */
  guard(store: Store): Store {
    return interceptedStore(store, ({ verb }, make) => {
      if (verb !== "claim") return this.#count(make);
      return this.budget > 0 ? this.#claim(make) : Promise.resolve([] as never); // a claim that finds nothing
    });
  }

  /** Resolves when no call is on its way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  async #claim<T>(make: () => Promise<T>): Promise<T> {
    this.isClaimBroken = true;
    const answer = await this.#count(make);
    this.isClaimBroken = false;
    const { length } = answer as readonly ClaimedJob[]; // what a claim gives
    this.claimed += length;
    this.budget -= length;
    return answer;
  }

  async #count<T>(make: () => Promise<T>): Promise<T> {
    this.made += 1;
    this.#inFlight += 1;
    try {
      return await make();
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }
}
