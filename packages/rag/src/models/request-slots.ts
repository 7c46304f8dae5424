/** Places for requests in flight, as many as the adaptive limit allows, given out in the order they are asked for. */
import { type AdaptiveLimit, adaptiveLimit, learned, placesOf, type Sample } from "./adaptive-limit.ts";

/** A place; it is given back once. */
export interface Slot {
  /** What its request says of the endpoint; nothing where it was not sent. */
  release(seen?: Pick<Sample, "ms" | "size" | "verdict">): void;
}

/** The places of one endpoint in this process. */
export class RequestSlots {
  #limit: AdaptiveLimit;
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#limit = adaptiveLimit(most);
  }

  /** Requests that may be in flight at the moment. */
  get limit(): number {
    return placesOf(this.#limit);
  }

  /** Waits for a place. Rejects with the signal's reason when it is aborted before. */
  async acquire(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#inFlight >= this.limit || this.#waiting.length > 0) await this.#wait(signal);
    else this.#inFlight += 1;
    return this.#slot();
  }

  #slot(): Slot {
    const { era } = this.#limit;
    const inFlight = this.#inFlight;
    let isHeld = true;
    return {
      release: (seen) => {
        if (!isHeld) return;
        isHeld = false;
        this.#inFlight -= 1;
        if (seen !== undefined) this.#limit = learned(this.#limit, { ...seen, era, inFlight });
        this.#wake();
      },
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = (): void => {
        const at = this.#waiting.indexOf(go);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(go);
    });
  }

  /** A place is taken here for whoever is woken: nobody slips in between. */
  #wake(): void {
    while (this.#inFlight < this.limit) {
      const go = this.#waiting.shift();
      if (go === undefined) return;
      this.#inFlight += 1;
      go();
    }
  }
}
