/** Whose turn it is on the one connection: many single statements at a time, or one transaction. */
import { MillraceError } from "@millrace/core";

type Share = "shared" | "exclusive";

interface Waiting {
  readonly share: Share;
  readonly start: () => void;
}

/** First come, first served; statements that may overlap do. */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #shared = 0;
  #isExclusive = false;

  /** Runs `work` when it is its turn. @throws MillraceError `deadline-exceeded` when that takes longer than `limitMs`. */
  async run<T>(share: Share, limitMs: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length === 0 && this.#isFree(share)) this.#begin(share);
    else await this.#wait(share, limitMs);
    try {
      return await work();
    } finally {
      this.#end(share);
    }
  }

  #isFree(share: Share): boolean {
    return !this.#isExclusive && (share === "shared" || this.#shared === 0);
  }

  #begin(share: Share): void {
    if (share === "exclusive") this.#isExclusive = true;
    else this.#shared += 1;
  }

  #end(share: Share): void {
    if (share === "exclusive") this.#isExclusive = false;
    else this.#shared -= 1;
    this.#next();
  }

  #next(): void {
    for (
      let first = this.#waiting[0];
      first !== undefined && this.#isFree(first.share);
      first = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#begin(first.share);
      first.start();
    }
  }

  #wait(share: Share, limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#next();
        reject(
          new MillraceError(
            "deadline-exceeded",
            `A statement waited ${limitMs} ms for a transaction to end; none of it ran.`,
          ),
        );
      }, limitMs);
      const start = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const waiting: Waiting = { share, start };
      this.#waiting.push(waiting);
    });
  }
}
