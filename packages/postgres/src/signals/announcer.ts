/** Tells idle workers of new jobs, apart from the statements that made them: one call under way, the rest gathered. */

/** How queues are told of, and what gathers. */
export interface AnnouncerOptions {
  /** Tells idle workers of these queues; how many of the queues anybody listened to. */
  tell(queues: readonly string[]): Promise<number>;
}

/** Least time between two calls while nobody listens: a worker that goes idle meanwhile looks once more by itself. */
const REST_MS = 20;

/** Gathers queues and tells of them. A failed call is left to the workers' polling. */
export class Announcer {
  readonly #tell: AnnouncerOptions["tell"];
  readonly #queues = new Set<string>();
  #busy = false;

  constructor({ tell }: AnnouncerOptions) {
    this.#tell = tell;
  }

  /** Jobs that are due now were committed on these queues. */
  announce(queues: Iterable<string>): void {
    for (const queue of queues) this.#queues.add(queue);
    if (!this.#busy && this.#queues.size > 0) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#queues.size > 0) {
      const queues = [...this.#queues];
      this.#queues.clear();
      const told = await this.#tell(queues).catch(() => 0);
      if (told === 0) await new Promise<void>((resolve) => setTimeout(resolve, REST_MS).unref());
    }
    this.#busy = false;
  }
}
