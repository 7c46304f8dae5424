/** The store as the test's client and worker see it: claims get through only while the test lets jobs run. */
import type { ClaimedJob } from "../model/job.ts";
import type { Store } from "../store/store.ts";
import { interceptedStore, type StoreVerb } from "./intercepted-store.ts";

/** What passes through. */
export class Gate {
  /** Jobs that may still be claimed; none while it is 0. */
  budget = 0;
  /** Store calls made. */
  made = 0;
  /** Jobs handed out. */
  claimed = 0;
  /** Verbs whose last call is on its way or failed, so that their callers rest, or have given up. */
  readonly troubled: Set<StoreVerb> = new Set();
  #inFlight = 0;
  #onIdle: (() => void)[] = [];

  /** The store behind this gate. */
  guard(store: Store): Store {
    return interceptedStore(store, ({ verb }, make) => {
      if (verb !== "claim") return this.#count(verb, make);
      return this.budget > 0 ? this.#claim(make) : Promise.resolve([] as never); // a claim that finds nothing
    });
  }

  /** Resolves when no call is on its way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  async #claim<T>(make: () => Promise<T>): Promise<T> {
    const answer = await this.#count("claim", make);
    const { length } = answer as readonly ClaimedJob[]; // what a claim gives
    this.claimed += length;
    this.budget -= length;
    return answer;
  }

  async #count<T>(verb: StoreVerb, make: () => Promise<T>): Promise<T> {
    this.made += 1;
    this.#inFlight += 1;
    this.troubled.add(verb);
    try {
      const answer = await make();
      this.troubled.delete(verb);
      return answer;
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }
}
