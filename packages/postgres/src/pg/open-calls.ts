/** Calls that have not ended yet, so that closing can end them all. */

/** Rejects every open call at once. Not `Promise.race` with one promise for all: that would keep each call for ever. */
export class OpenCalls {
  readonly #rejects = new Set<(error: Error) => void>();

  /** Runs `call`; rejects when `endAll` comes first. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    let ended: (error: Error) => void = () => {};
    const end = new Promise<never>((_, reject) => {
      ended = reject;
    });
    this.#rejects.add(ended);
    try {
      return await Promise.race([call(), end]);
    } finally {
      this.#rejects.delete(ended);
    }
  }

  endAll(error: Error): void {
    for (const reject of this.#rejects) reject(error);
  }
}
