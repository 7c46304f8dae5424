/** What of a chunk's attempt is under way, for who has to name what a time-out found. */

/** What takes the attempt's time; one thing at a time. */
export class Underway {
  #what = "a look at the ledger";

  get what(): string {
    return this.#what;
  }

  /** Runs it under this name; what was under way before goes on after it. */
  async during<T>(what: string, run: () => T | Promise<T>): Promise<T> {
    const before = this.#what;
    this.#what = what;
    try {
      return await run();
    } finally {
      this.#what = before;
    }
  }
}
