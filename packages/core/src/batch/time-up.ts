/** When a chunk's attempt runs into its time-out: who still waits for an item then is let go. */

/** Whether the signal has fired for a time-out, and not for what lets nothing be written any more. */
export function isTimeUp(signal: AbortSignal): boolean {
  const { reason } = signal;
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/** Waits for promises for no longer than the time that an attempt has; one listener for all of them. */
export class TimeUp {
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<() => void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** What `running` comes to, or what `late` gives where time is up first. */
  before<T>(running: Promise<T>, late: () => T): Promise<T> {
    if (isTimeUp(this.#signal)) return Promise.resolve(late());
    return new Promise((resolve, reject) => {
      const letGo = () => resolve(late());
      this.#waiting.add(letGo);
      running.finally(() => this.#waiting.delete(letGo)).then(resolve, reject);
    });
  }

  /** Nobody waits any more. */
  close(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (!isTimeUp(this.#signal)) return;
    for (const letGo of this.#waiting) letGo();
  };
}
