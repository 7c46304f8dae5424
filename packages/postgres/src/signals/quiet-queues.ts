/** On which queues nobody was idle when a call last looked: there an offer would be made in vain. */

/** Most queues that are remembered. */
const MAX_QUEUES = 1_000;

/** Queues not looked at yet are not quiet: looking once is cheap. */
export class QuietQueues {
  readonly #queues = new Set<string>();

  has(queue: string): boolean {
    return this.#queues.has(queue);
  }

  /** What a call has found. */
  note(queue: string, isQuiet: boolean): void {
    if (!isQuiet) this.#queues.delete(queue);
    else if (this.#queues.size < MAX_QUEUES) this.#queues.add(queue);
  }
}
