/** Most jobs at once over all workers of a program. */

/** Counts what its workers run and hold, and tells them when there is room again. */
export class Ceiling {
  readonly #limit: number;
  readonly #members = new Set<() => void>();
  #running = 0;
  #held = 0;
  #isTelling = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether no job may start. */
  get isFull(): boolean {
    return this.#running >= this.#limit;
  }

  /** Jobs that may be claimed; below 0 where more is held than may run. */
  get spare(): number {
    return this.#limit - this.#running - this.#held;
  }

  /** `onRoom` is called after room came back, until what is given is called. */
  join(onRoom: () => void): () => void {
    this.#members.add(onRoom);
    return () => this.#members.delete(onRoom);
  }

  /** So many more (or fewer) run. */
  run(jobs: number): void {
    const wasShort = this.spare <= 0;
    this.#running += jobs;
    if (jobs < 0 && wasShort) this.#tell();
  }

  /**
   * So many more (or fewer) are held. Told to nobody: claims hold room for moments, and workers that told each other of
   * that would never rest; they look again by poll.
   */
  hold(jobs: number): void {
    this.#held += jobs;
  }

  /** Once for all that comes back in one go; whoever gave it back has used what it can by then. */
  #tell(): void {
    if (this.#isTelling || this.#members.size < 2) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.isFull) for (const onRoom of this.#members) onRoom();
    });
  }
}
